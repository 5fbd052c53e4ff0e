//! Which files a command line would print: `cat .env`, `head -5 config.py`. Only literal file names are recognised.
//! What a command prints in other ways is found in its output, if the agent's hooks receive that.

/// Programs that print files.
const PRINTERS: &[&str] = &[
    "cat",
    "tac",
    "bat",
    "batcat",
    "head",
    "tail",
    "less",
    "more",
    "nl",
    "strings",
    "xxd",
    "od",
    "hexdump",
    "base64",
    "type",
    "gc",
    "get-content",
    "sed",
    "awk",
    "grep",
    "egrep",
    "rg",
    "pbcopy",
];

/// The arguments of such programs, which may be paths. Substitutions (`$(…)`, backquotes) are left out, as their
/// output is not printed.
pub(super) fn printed(command: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for words in commands(command) {
        let mut words = words.iter().skip_while(|word| is_prefix(word));
        let program = words.next().map(|word| word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase());
        let program = program.as_deref().map(|name| name.strip_suffix(".exe").unwrap_or(name));
        if program.is_some_and(|program| PRINTERS.contains(&program)) {
            paths.extend(words.filter(|word| !word.starts_with('-')).cloned());
        }
    }
    paths
}

/// Whether a word may come before a program's name: `sudo`, `NAME=value`.
fn is_prefix(word: &str) -> bool {
    matches!(word, "sudo" | "command" | "exec" | "time" | "env" | "nice" | "{" | "then" | "do" | "else" | "!")
        || word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

/// The words of each simple command, without those in substitutions.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut split = CommandSplitter::default();
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match (split.quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => split.quote = None,
            (Some('\''), other) => split.add(other),
            (_, '\\') => split.escaped(characters.next()),
            (_, '$') if characters.peek() == Some(&'(') => {
                characters.next();
                split.depth += 1;
            }
            (_, '`') => split.backquoted = !split.backquoted,
            (_, ')') if split.depth > 0 => split.depth -= 1,
            (_, '(') if split.depth > 0 => split.depth += 1,
            (Some(_), other) => split.add(other),
            (None, '\'' | '"') => {
                split.quote = Some(character);
                split.word.get_or_insert_default();
            }
            (None, '|' | ';' | '&' | '\n' | '(' | ')') => split.end_command(),
            // The next word is a file that is read or written.
            (None, '<' | '>') => split.end_word(),
            (None, other) if other.is_whitespace() => split.end_word(),
            (None, other) => split.add(other),
        }
    }
    split.end_command();
    split.commands
}

/// The state of splitting a command line into words.
#[derive(Default)]
struct CommandSplitter {
    commands: Vec<Vec<String>>,
    words: Vec<String>,
    word: Option<String>,
    quote: Option<char>,
    /// The nesting depth of `$(`.
    depth: usize,
    backquoted: bool,
}

impl CommandSplitter {
    fn add(&mut self, character: char) {
        if self.depth == 0 && !self.backquoted {
            self.word.get_or_insert_default().push(character);
        }
    }

    /// A backslash before a character that needs no escape belongs to a Windows path.
    fn escaped(&mut self, next: Option<char>) {
        match next {
            Some('\n') | None => {}
            Some(next) => {
                if next.is_ascii_alphanumeric() || next == '.' {
                    self.add('\\');
                }
                self.add(next);
            }
        }
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        if self.depth > 0 || self.backquoted {
            return;
        }
        self.end_word();
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.commands.push(words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::printed;

    #[test]
    fn what_a_command_line_prints() {
        for (command, expected) in [
            ("cat .env", &[".env"][..]),
            ("cd app && sudo /bin/cat -n '.env' | wc -l", &[".env"]),
            ("FOO=1 head -n 5 \"my file\";tail x", &["5", "my file", "x"]),
            ("export $(cat .env | xargs) && run", &[]),
            ("X=`cat .env` run", &[]),
            ("set -a; . ./.env; set +a; python app.py", &[]),
            ("echo cat .env", &[]),
            ("cat <.env", &[".env"]),
            ("type C:\\app\\.env", &["C:\\app\\.env"]),
            ("cat 'unclosed", &["unclosed"]),
        ] {
            assert_eq!(printed(command), expected, "{command}");
        }
    }
}
