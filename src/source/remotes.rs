//! Scanning git configuration files: only the URLs of remotes, because people paste tokens into them.

use std::ops::Range;

use crate::git::GitConfig;
use crate::git::config::ConfigEntry;

/// The configuration with everything except URLs replaced by spaces, so that URLs keep their line and column.
///
/// URLs are the values of `url` and `pushurl`, and the names of `[url "..."]` sections.
pub(super) fn only_urls(config: &GitConfig) -> Vec<u8> {
    let text = config.text();
    let mut kept: Vec<u8> = text.iter().map(|&byte| if byte == b'\n' { byte } else { b' ' }).collect();
    for Range { start, end } in config.settings().filter(is_url).map(|setting| setting.span) {
        kept[start..end].copy_from_slice(&text[start..end]);
    }
    kept
}

fn is_url(setting: &ConfigEntry<'_>) -> bool {
    match setting.key {
        Some(key) => key.eq_ignore_ascii_case(b"url") || key.eq_ignore_ascii_case(b"pushurl"),
        None => setting.section.eq_ignore_ascii_case(b"url"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_addresses_at_their_place() {
        for (config, kept) in [
            ("[core]\n\teditor = vi\n", "      \n            \n"),
            ("[remote \"a\"]\n\turl = https://k@h/x\n", "            \n       https://k@h/x\n"),
            ("[remote \"a\"] url = x\\\n\ty\n", "                   x\\\n\ty\n"),
            ("\tPushURL=x\r\n", "         x\r\n"),
            ("[url \"https://k@h/\"]\n", "      https://k@h/  \n"),
            ("[urlmatch \"a\"]", "              "),
            ("url", "   "),
            ("[", " "),
            ("", ""),
        ] {
            let read = String::from_utf8(only_urls(&GitConfig::new(config.into()))).unwrap();
            assert_eq!(read, kept, "{config:?}");
        }
    }
}
