//! Whether a word of a rule stands in a text as a word of its own.

use std::ops::Range;

use super::binary::starts_row;
use super::edges::left_edge;
use super::identifier::is_hump;

/// Whether a rule's word at `range` of `text` is a whole word: `cohere` in `COHERE_API_KEY`, `cohereApiKey` and
/// `api.cohere.ai`, but not in `coherence`.
pub(super) fn is_whole(text: &[u8], range: &Range<usize>) -> bool {
    const MAY_FOLLOW: &[&[u8]] = &[
        b"ai",
        b"api",
        b"key",
        b"token",
        b"secret",
        b"client",
        b"chat",
        b"llm",
        b"pat",
        b"cred",
        b"auth",
        b"cloud",
        b"labs",
        b"io",
        b"embed",
        b"provider",
        b"model",
        b"config",
        b"base",
        b"url",
        b"sdk",
        b"env",
        b"ml",
        b"py",
        b"service",
        b"account",
        b"host",
        b"endpoint",
        b"hub",
        b"js",
        b"password",
        b"resttoken",
        b"webhook",
        b"app",
        b"dev",
        b"vllm",
    ];
    let Range { start, end } = *range;
    // `-DCOHERE_API_KEY=…` defines a macro.
    let is_edge = left_edge(text, start)
        || is_hump(text, start)
        || text[..start].ends_with(b"-D")
        || !text[start].is_ascii_alphanumeric();
    if !is_edge && !starts_row(text, range) {
        return false;
    }
    let goes_on = text[end - 1].is_ascii_alphanumeric() && text.get(end).is_some_and(u8::is_ascii_alphabetic);
    if !goes_on || is_hump(text, end) {
        return true;
    }
    let mut rest = [0; 12];
    let mut length = 0;
    for (lower, byte) in rest.iter_mut().zip(text[end..].iter().take_while(|byte| byte.is_ascii_alphabetic())) {
        *lower = byte.to_ascii_lowercase();
        length += 1;
    }
    let rest = &rest[..length];
    MAY_FOLLOW.iter().any(|word| rest.starts_with(word))
        || rest == b"s" && range.len() > 3 && matches!(text[end - 1].to_ascii_lowercase(), b'y' | b'n' | b't')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_rule_is_a_word_of_the_text() {
        for (text, word, whole) in [
            ("COHERE_API_KEY", "COHERE", true),
            ("cohereApiKey", "cohere", true),
            ("myCohereKey", "Cohere", true),
            ("mistralai", "mistral", true),
            ("coherence", "cohere", false),
            ("deeplearning", "deepl", false),
            ("Together(base=1)", "Together(", true),
            ("altogether(x)", "together(", false),
            ("provider=exa&", "=exa", true),
            ("provider=exact", "=exa", false),
            ("globalKey", "balKey", false),
            ("\\nMISTRAL_API_KEY", "MISTRAL", true),
        ] {
            let at = text.find(word).unwrap();
            assert_eq!(is_whole(text.as_bytes(), &(at..at + word.len())), whole, "{word} in {text}");
        }
    }
}
