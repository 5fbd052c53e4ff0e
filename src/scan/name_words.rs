//! The words of names, and what each shows about the value.

/// The meanings of words as bits; a word may have several.
pub(super) mod says {
    /// Part of a credential's name: `api_key`, `Bearer`.
    pub(in crate::scan) const CREDENTIAL: u8 = 1 << 0;
    /// Part of the name of a credential that is usually of another kind.
    pub(in crate::scan) const SECRET: u8 = 1 << 1;
    /// A generic name.
    pub(in crate::scan) const NOTHING: u8 = 1 << 2;
    /// A word that does not show whose a credential is.
    pub(in crate::scan) const NEUTRAL: u8 = 1 << 3;
    /// A provider whose client is used with other providers' keys.
    pub(in crate::scan) const COMPATIBLE: u8 = 1 << 4;
    /// A setting next to a key: `OPENAI_BASE_URL`, `llm.endpoint`.
    pub(in crate::scan) const SETTING: u8 = 1 << 5;
    /// The end of a name for information about a credential, which is not one itself.
    pub(in crate::scan) const ABOUT: u8 = 1 << 6;
    /// The end of a name for an id or a checksum.
    pub(in crate::scan) const ID: u8 = 1 << 7;
}

const WORDS: &[(u8, &str)] = &[
    (
        says::CREDENTIAL,
        "key keys apikey apikeys token tokens apitoken authtoken accesstoken authkey accesskey subscriptionkey apisecret bearer auth authorization credential credentials creds pat pats basic",
    ),
    (says::SECRET, "secret secrets secretkey clientsecret password passwords passwd pass pwd jwt passphrase"),
    (
        says::NOTHING,
        "value default data string str val env getenv get set export const is u h let var text type name label initial current literal input private public static final content title secretstr header return provided byte bytes uint8 u8 char note notes comment body answer msgstr",
    ),
    (
        says::NEUTRAL,
        "api access x my our your the this self llm llms ai model models chat completion completions client provider providers service services server app application default env config configs cfg conf settings setting prod production dev development test staging local global private remote current new old temp tmp main primary secondary backup user custom embedding embeddings embedder rerank reranker base http https string str value var const option options with set get from for to input param params raw plain next public react vite nuxt expo spring tf plugin gen genai fast smart strategic big small add use create secure process os environ getenv inference of sub ocp subscription apim arg args data agent bot assistant tts stt asr vision image text generation v one two first second a b web is props request req builder builders credential connection conn experimental admin query master account search team org project workspace named positional c o opt opts kwargs ctx data payload json dict obj instance item entry row record form shared common unsafe single helper",
    ),
    (
        says::COMPATIBLE,
        "openai open anthropic claude azure gpt chatgpt oai aoai litellm langchain code codex aider lm studio like compatible cognitive gemini google generative continue oneapi newapi gateway proxy copilot",
    ),
    (
        says::SETTING,
        "url urls uri baseurl apibase endpoint endpoints host hosts hostname address name type kind version deployment region engine path domain root prefix site",
    ),
    (
        says::ABOUT,
        "name file path dir url uri host endpoint model type alias arn label prefix suffix length len size count limit expiry expires ttl region format pattern regex field column placeholder hint help description title link page ref ring store word words map selector schema usage budget callback provider manager error exception message class",
    ),
    (
        says::ID,
        "id ids uuid guid commit commits blob tree index parent trace span traceid spanid requestid traceparent sha sha1 sha224 sha256 sha384 sha512 md5 digest hash etag checksum checksums crc crc32 revision rev oid object fingerprint signature sig nonce salt cursor integrity gitsha hexsha head reverts merge merged cherry picked thumbprint shasum sha256sum md5sum sha1sum etags serial iv version modulus",
    ),
];

/// Words before `tokens` that mean a number of tokens.
pub(super) const COUNTED: &str = "max num n total prompt min stop eos bos pad completion input output cached next";

/// Endings of compound words such as `openaikey`.
pub(super) const ENDINGS: &[&[u8]] = &[b"key", b"keys", b"token", b"secret"];

/// A word of the table: its list, where it is in that list, and what it says.
#[derive(Clone, Copy)]
struct Slot {
    list: u8,
    start: u16,
    /// 0 in an empty slot.
    length: u8,
    says: u8,
}

/// The number of slots: about three times the words, so that few share their place.
const SLOTS: usize = 2048;

/// The words by their hash, made by the compiler: a run has few names, and a table of its own would be half its work.
static TABLE: [Slot; SLOTS] = table();

/// The place of a word, if no other word took it before.
const fn place(word: &[u8]) -> usize {
    let (mut hash, mut at) = (0_u32, 0);
    while at < word.len() {
        hash = (hash ^ word[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash >> 11 ^ hash) as usize % SLOTS
}

const fn is_same(word: &[u8], slot: Slot) -> bool {
    let list = WORDS[slot.list as usize].1.as_bytes();
    let mut at = 0;
    while at < word.len() && at < slot.length as usize && word[at] == list[slot.start as usize + at] {
        at += 1;
    }
    at == word.len() && at == slot.length as usize
}

/// The slot of a word, or the one where it belongs.
const fn slot(table: &[Slot; SLOTS], word: &[u8]) -> usize {
    let mut at = place(word);
    while table[at].length > 0 && !is_same(word, table[at]) {
        at = (at + 1) % SLOTS;
    }
    at
}

#[allow(clippy::cast_possible_truncation, reason = "there are eight short lists, of short words")]
const fn table() -> [Slot; SLOTS] {
    let mut table = [Slot { list: 0, start: 0, length: 0, says: 0 }; SLOTS];
    let mut list = 0;
    while list < WORDS.len() {
        let (says, mut rest) = (WORDS[list].0, WORDS[list].1.as_bytes());
        while !rest.is_empty() {
            let mut length = 0;
            while length < rest.len() && rest[length] != b' ' {
                length += 1;
            }
            let (word, after) = rest.split_at(length);
            let at = slot(&table, word);
            let start = WORDS[list].1.len() - rest.len();
            if table[at].length == 0 {
                table[at] = Slot { list: list as u8, start: start as u16, length: length as u8, says };
            } else {
                table[at].says |= says;
            }
            rest = if after.is_empty() { after } else { after.split_at(1).1 };
        }
        list += 1;
    }
    table
}

/// The meanings of a word.
pub(super) fn said(word: &[u8]) -> u8 {
    /// The maximum length of a word in the table.
    const LONGEST: usize = 15;
    if word.is_empty() || word.len() > LONGEST {
        return 0;
    }
    TABLE[slot(&TABLE, word)].says
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_says_what_its_lists_say() {
        let words = || WORDS.iter().flat_map(|(_, words)| words.split(' '));
        for word in words() {
            let lists = WORDS.iter().filter(|(_, words)| words.split(' ').any(|other| other == word));
            assert_eq!(said(word.as_bytes()), lists.fold(0, |all, (says, _)| all | says), "{word}");
            let longer = format!("{word}q");
            assert!(words().any(|other| other == longer) || said(longer.as_bytes()) == 0, "{longer}");
        }
        assert_eq!(said(b""), 0);
        assert!(TABLE.iter().filter(|slot| slot.length > 0).count() < SLOTS / 2);
    }
}
