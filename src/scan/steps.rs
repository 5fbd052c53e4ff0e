//! Counts the work of the engine, so that tests can check that it is proportional to the content; time cannot be
//! tested.

#[cfg(any(test, feature = "fuzzing"))]
use std::cell::Cell;

#[cfg(any(test, feature = "fuzzing"))]
thread_local! {
    static STEPS: Cell<u64> = const { Cell::new(0) };
}

/// Adds to the count: bytes that were examined, or similar units. Does nothing outside of tests.
#[inline(always)]
pub(super) fn count(steps: usize) {
    #[cfg(any(test, feature = "fuzzing"))]
    STEPS.with(|sum| sum.set(sum.get() + steps as u64));
    #[cfg(not(any(test, feature = "fuzzing")))]
    let _ = steps;
}

/// Returns the count of this thread, and resets it.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn take() -> u64 {
    STEPS.take()
}

#[cfg(test)]
mod tests {
    use super::take;
    use crate::rule::template::{Random, Template};
    use crate::scan::Scanner;

    /// Texts that somebody could write to make the engine slow, as a part that is repeated, or as a template.
    const REPEATED: &[&str] = &[
        "\\",
        "\\\\x41",
        "\\u005c",
        "\\\\\\\\n",
        "%25",
        "%2525",
        "%41",
        "&#37;",
        "&#",
        "T3BlbkFJ",
        "sk-proj-T3BlbkFJ",
        "sk-T3BlbkFJ-",
        "sk-ant-",
        "sk-ant-api03-",
        "AIza",
        "1//0",
        "ya29.",
        "KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "private_key: -----BEGIN PRIVATE KEY-----",
        "tid=0123456789abcdef0123456789abcdef;exp=1234567890;",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhY2Nlc3MiOi",
        ":fx",
        "QUJD",
        "UVVKRFFVSkRRVUpEUVVKRFFVSkRRVUpE",
        "QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\n",
        "QUJDQUJDQUJDQUJDQUJDQUJD////////////////////////////////////////",
        "4142434445464748",
        "343134323433343434353436343734383431343234333434",
        "a\0",
        "\0",
        "mistral_api_key=",
        "kimi",
        concat!("openai_api_key mistral_key = 0a1b2c3d4e5f6071", "8293a4b5c6d7e8f9\n"),
        concat!("0a1b2c3d4e5f6071", "8293a4b5c6d7e8f9/"),
        "a.b/c+d-",
        "\"sk-proj-\" +\n",
        "\"sk-proj-a\", ",
        "\"hf_\"+\"a\";",
        "x=\"hf_a\"\ny = x + z;\n",
        "k = \"hf_abcdefgh\"\nk += \"ijklm\"\n",
        "hf_ab\n",
        "=hf_abcdefghij\nklmnopqrstuvwxyz\n",
        "=\r\n",
        "hf_a=\n",
        "abcdefghijklmnopqrstuvwxyz=\n",
        "\u{200b}",
        "\"hf_\u{200b}",
        "\"hf_abcdefghijklmnopqrstuvwxyz\u{200b}",
        "<b>hf_abc</b>",
        "hf\\_a\\-b",
        "(\"abcdefghijklmnopqrst1\" + ",
        "(abcdefghijklmnopqrst1\" \"",
        "\"T3BlbkFJabcdefghijkl1\" x y z a b c d e f ",
        "[115,107,45,",
        "0x73,0x6b,",
        "115 ",
        "    115,\n",
        "73 6b 2d 70 ",
        "\\u{73}",
        "00000000: 736b 2d70 726f 6a2d 4142 4344 4546 4748  sk-proj-ABCDEFGH\n",
        "736b2d70726f6a2d736b2d70726f6a2d736b2d70726f6a2d\n",
        "736b\n",
        "ONVS24DPNJRGCZDFMZTWQ2LKNNWG23TPOBYXE43U",
        "ONVS24DPNJRGCZDFMZTWQ2LKNNWG23TPOBYXE43U ",
        "k\0\0\0",
        "H4sIAAAAAAAA",
        "H4sIAAAAAAAA/",
        "\\163\\153",
        "\\_",
        "a\0\0\u{1}",
        "aB3dEfGh1JkLmN+",
        "aB3./",
        "=aB3dEfGh1JkLmN+oP5qRsTu/v \n",
    ];
    const RANDOM: &[&str] = &[
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12},mistral,",
        "sk-proj-[A-Za-z0-9]{9,99}T3BlbkFJ[A-Za-z0-9]{9,99}\n",
        "[A-Za-z0-9+/]{64}",
        "api_key%3D[A-Za-z0-9]{32}%26",
        "\\\\u00[46][1-9]",
    ];

    /// What people's files are full of, as a template for a line, and the most steps for ten bytes of it. One pass over each
    /// byte is ten: what goes far over it is what the engine is slow on.
    const ORDINARY: &[(&str, u64)] = &[
        ("    let (?:total|user|entry) = self\\.(?:get|map|collect_all_the_entries)\\([0-9]{1,4}\\);\n", 18),
        ("// [a-z]{2,9} [a-z]{2,9} [a-z]{1,12} (?:and|or|of) [a-z]{4,9}\\.\n", 13),
        (
            "(?:export|import) type (?:Language|Gateway)(?:Model|Realtime|Provider)(?:Options|Settings|Mock)V[234]Id;\n",
            53,
        ),
        ("- Updated dependencies \\[[0-9a-f]{7}\\]\n  - @ai-sdk/provider@[0-9]\\.[0-9]\\.[0-9]{1,2}\n", 13),
        ("    \"version\": \"[0-9]\\.[0-9]{1,2}\",\n    \"integrity\": \"sha512-[A-Za-z0-9+/]{85}[AQgw]==\",\n", 27),
        ("\\[-?0\\.0[0-9]{6},-?0\\.0[0-9]{6},-?0\\.0[0-9]{6}\\],\n", 13),
        ("[0-9]{1,4},[0-9]{1,6},[A-Z][a-z]{3,9},20[0-9]{2}-0[1-9]-1[0-9]\n", 13),
        ("<path d=\"M[0-9]{1,2}\\.[0-9]{2} [0-9]{1,2}\\.[0-9]{3}C[0-9]{2} [0-9]\\.[0-9]{3} [0-9]{2}\\.[0-9]\"/>\n", 13),
        ("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12},[a-z]{4,9}@example\\.org,[0-9]{1,6}\n", 43),
        ("[0-9a-f]{64}\n", 65),
        ("[0-9a-f]{40}  [a-z]{3,9}/[a-z]{3,9}_test\\.go\n", 45),
        ("[A-Za-z0-9+/]{76}\n", 54),
        ("\"id\": \"msg_[A-Za-z0-9]{24}\", \"model\": \"mistral-large\", \"object\": \"chat.completion.chunk\",\n", 23),
        (
            "(?:api_key|OPENAI_API_KEY|mistral_key)(?: = |: |=)\"(?:your-[a-z]{4,9}-key-goes-here|[a-z]{4,9}-[a-z]{4,9}-[0-9]{2})\"\n",
            35,
        ),
    ];

    fn lines(template: &str, seed: u64, size: usize) -> Vec<u8> {
        let (parsed, mut random) = (Template::parse(template).unwrap(), Random::new(seed));
        let mut text = String::new();
        while text.len() < size {
            text.push_str(&parsed.generate(&mut random).text);
        }
        text.into_bytes()
    }

    #[test]
    fn ordinary_content_costs_little_more_than_one_pass() {
        const SIZE: usize = 64 << 10;
        let scanner = Scanner::builtin();
        let costs = ORDINARY.iter().zip(0..).map(|((template, most), seed)| {
            let text = lines(template, seed, SIZE);
            (steps(&scanner, &text) * 10 / text.len() as u64, *most, *template)
        });
        let slow: Vec<_> = costs.filter(|(cost, most, _)| cost > most).collect();
        assert!(slow.is_empty(), "steps for ten bytes, and the most: {slow:#?}");
    }

    fn steps(scanner: &Scanner, text: &[u8]) -> u64 {
        take();
        scanner.scan(text);
        take()
    }

    /// Twice the content, twice the steps; and no content costs more than a fixed number for each byte.
    #[test]
    fn steps_grow_as_content_does() {
        /// A few of the pieces that encoded text is decoded in.
        const SIZE: usize = 224 << 10;
        const MOST: u64 = 64;
        let scanner = &Scanner::builtin();
        let mut texts: Vec<(&str, Vec<u8>)> =
            REPEATED.iter().map(|part| (*part, part.bytes().cycle().take(2 * SIZE).collect())).collect();
        for (seed, template) in RANDOM.iter().enumerate() {
            texts.push((template, lines(template, seed as u64, 2 * SIZE)));
        }
        let slow = |(name, text): &(&str, Vec<u8>)| {
            let (half, whole) = (steps(scanner, &text[..SIZE]), steps(scanner, &text[..2 * SIZE]));
            let is_slow = whole * 10 > half * 22 || whole > 2 * SIZE as u64 * MOST;
            is_slow.then(|| format!("{name:?}: {half} steps, for twice as much {whole}"))
        };
        let slow: Vec<String> = std::thread::scope(|scope| {
            let parts =
                texts.chunks(4).map(|part| scope.spawn(move || part.iter().filter_map(slow).collect::<Vec<_>>()));
            let parts: Vec<_> = parts.collect();
            parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
        });
        assert!(slow.is_empty(), "{slow:#?}");
    }
}
