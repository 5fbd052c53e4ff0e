//! What of a git configuration is scanned: the remotes' addresses, into which people paste tokens, and nothing else.

/// The configuration with everything but addresses blanked, so that each stays at its line and column.
///
/// Kept are the values of `url` and `pushurl` and the names of `[url "..."]` sections.
pub(super) fn only_urls(config: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(config.len());
    for line in config.split_inclusive(|&byte| byte == b'\n') {
        let text = line.trim_ascii();
        let keep = if text.first() == Some(&b'[') { section_is_url(text) } else { key_is_url(text) };
        let start = if keep { value_start(line) } else { line.len() };
        kept.extend(line.iter().enumerate().map(|(i, &byte)| if i >= start || byte == b'\n' { byte } else { b' ' }));
    }
    kept
}

fn section_is_url(text: &[u8]) -> bool {
    let name = text[1..].trim_ascii_start();
    name.len() > 3 && name[..3].eq_ignore_ascii_case(b"url") && !name[3].is_ascii_alphanumeric()
}

fn key_is_url(text: &[u8]) -> bool {
    let key = text.split(|&byte| byte == b'=').next().unwrap_or_default().trim_ascii();
    key.len() < text.len() && (key.eq_ignore_ascii_case(b"url") || key.eq_ignore_ascii_case(b"pushurl"))
}

/// After the first `=` of a key's line or the first `"` of a section's.
fn value_start(line: &[u8]) -> usize {
    let section = line.trim_ascii_start().first() == Some(&b'[');
    let sign = if section { b'"' } else { b'=' };
    line.iter().position(|&byte| byte == sign).map_or(line.len(), |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::only_urls;

    #[test]
    fn keeps_addresses_at_their_place() {
        for (config, kept) in [
            ("[core]\n\teditor = vi\n", "      \n            \n"),
            ("[remote \"a\"]\n\turl = https://k@h/x\n", "            \n       https://k@h/x\n"),
            ("\tPushURL=x\r\n", "         x\r\n"),
            ("[url \"https://k@h/\"]\n", "      https://k@h/\"]\n"),
            ("[urlmatch \"a\"]", "              "),
            ("url", "   "),
            ("[", " "),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(only_urls(config.as_bytes())).unwrap(), kept, "{config:?}");
        }
    }
}
