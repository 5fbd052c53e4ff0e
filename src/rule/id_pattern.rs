//! Patterns over rule ids: `openai-*` in a configuration, an ignore file or a marker.

/// Whether `pattern`, in which each `*` stands for any text, matches the rule id `id`. Only the last star is retried,
/// so the work is at most the product of both lengths: patterns may come from scanned content.
pub fn fits(pattern: &str, id: &str) -> bool {
    let (pattern, id) = (pattern.as_bytes(), id.as_bytes());
    let (mut in_pattern, mut in_id) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_id < id.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                star = Some((in_pattern, in_id));
                in_pattern += 1;
            }
            Some(byte) if *byte == id[in_id] => {
                in_pattern += 1;
                in_id += 1;
            }
            _ => match star {
                Some((after, at)) => {
                    in_pattern = after + 1;
                    in_id = at + 1;
                    star = Some((after, at + 1));
                }
                None => return false,
            },
        }
    }
    pattern[in_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_stand_for_any_text() {
        let cases = [
            ("openai-key", "openai-key", true),
            ("openai-key", "openai-keys", false),
            ("openai-*", "openai-key", true),
            ("*-key", "openai-project-key", true),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("", "a", false),
            (&"*".repeat(5_000), &"a".repeat(5_000), true),
            (&format!("{}Z", "*".repeat(5_000)), &"a".repeat(5_000), false),
        ];
        for (pattern, id, expected) in cases {
            assert_eq!(fits(pattern, id), expected, "{} on {}", pattern.len(), id.len());
        }
    }
}
