//! The hook file that keysweep installs: a few lines of POSIX shell that run the hook which was there before,
//! then find keysweep and become it.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::HookName;

/// What follows a hook's name in that of the one that was there before.
pub const CHAINED: &str = "keysweep-chained";

const MARKER: &str = "# keysweep-hook 1";

/// A shim's choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shim {
    /// The hook that it is.
    pub name: HookName,
    /// Where keysweep was at installation.
    pub binary: PathBuf,
    /// Whether to let things pass when keysweep is not to be found.
    pub fail_open: bool,
    /// Whether installing it made the directory that it is in.
    pub made_directory: bool,
}

impl Shim {
    /// The file's text.
    pub fn text(&self) -> Vec<u8> {
        let Self { name, fail_open, made_directory, .. } = self;
        let mut text = Vec::new();
        let mut put = |part: &str| text.extend_from_slice(part.as_bytes());
        put("#!/bin/sh\n");
        put(&format!("{MARKER} {name}{}{}\n", flag(*fail_open, FAIL_OPEN), flag(*made_directory, MADE_DIRECTORY)));
        put("# `keysweep hook uninstall` takes it out again and brings back what was here before.\n");
        put("keysweep=");
        text.extend_from_slice(&quoted(self.binary.as_os_str().as_encoded_bytes()));
        let mut put = |part: &str| text.extend_from_slice(part.as_bytes());
        put(&format!("\nchained=${{0%/*}}/{name}.{CHAINED}\n"));
        put(if name.reads_input() { CHAIN_WITH_INPUT } else { CHAIN });
        let (what, outcome) = if *fail_open { ("passes unchecked", "exit 0") } else { ("is stopped", "exit 1") };
        let act = if name.reads_input() { "push" } else { "commit" };
        put(&FIND.replace("WHAT", &format!("this {act} {what}")).replace("OUTCOME", outcome));
        put(&match name.reads_input() {
            false => format!("exec \"$keysweep\" hook run {name} -- \"$@\"\n"),
            true => RUN_WITH_INPUT.replace("NAME", name.as_str()),
        });
        text
    }

    /// Reads back what [`Shim::text`] wrote; `None` if a file is no shim of ours.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let marker = text.lines().nth(1)?.strip_prefix(MARKER.as_bytes())?.to_str().ok()?;
        let mut words = marker.split_whitespace();
        let name = words.next()?;
        let name = HookName::ALL.into_iter().find(|hook| hook.as_str() == name)?;
        let flags: Vec<&str> = words.collect();
        let start = text.find(b"\nkeysweep='")? + b"\nkeysweep=".len();
        let end = text.find(b"\nchained=")?;
        let binary = unquoted(text.get(start..end)?)?;
        Some(Self {
            name,
            binary: binary.to_path().ok()?.to_owned(),
            fail_open: flags.contains(&FAIL_OPEN),
            made_directory: flags.contains(&MADE_DIRECTORY),
        })
    }

    /// Whether a file was written by keysweep, even if it was changed since.
    pub fn is_ours(text: &[u8]) -> bool {
        text.lines().nth(1).is_some_and(|line| line.starts_with(MARKER.as_bytes()))
    }

    /// Where the hook that was there before is kept, beside the shim.
    pub fn chained(hook: &Path) -> PathBuf {
        let mut name = hook.as_os_str().to_owned();
        name.push(".");
        name.push(CHAINED);
        name.into()
    }
}

const FAIL_OPEN: &str = "fail-open";
const MADE_DIRECTORY: &str = "made-directory";

fn flag(set: bool, name: &str) -> String {
    if set { format!(" {name}") } else { String::new() }
}

const CHAIN: &str = "\
[ ! -x \"$chained\" ] || \"$chained\" \"$@\" || exit
";

/// Both read the references that git writes to standard input.
const CHAIN_WITH_INPUT: &str = "\
if [ -x \"$chained\" ]; then
\trefs=$(cat; echo .)
\tprintf %s \"${refs%.}\" | \"$chained\" \"$@\" || exit
fi
";

const FIND: &str = "\
case ,$SKIP, in *,keysweep,*)
\techo 'keysweep: skipped, as SKIP says' >&2
\texit 0
esac
{ [ -x \"$keysweep\" ] && [ -s \"$keysweep\" ]; } || { keysweep=$(command -v keysweep) && [ -s \"$keysweep\" ]; } || {
\techo 'keysweep: not found in its place or in PATH; WHAT. Install it again, then run: keysweep hook install' >&2
\tOUTCOME
}
";

const RUN_WITH_INPUT: &str = "\
[ -n \"$refs\" ] || exec \"$keysweep\" hook run NAME -- \"$@\"
printf %s \"${refs%.}\" | \"$keysweep\" hook run NAME -- \"$@\"
";

fn quoted(text: &[u8]) -> Vec<u8> {
    [b"'".as_slice(), &text.replace("'", "'\\''"), b"'"].concat()
}

fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    Some(text.strip_prefix(b"'")?.strip_suffix(b"'")?.replace("'\\''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shim_reads_back_as_it_was_written() {
        for name in HookName::ALL {
            for (binary, fail_open, made_directory) in
                [("/usr/bin/keysweep", false, false), ("/it's a/\"dir\"\n/$(x)/keysweep", true, true)]
            {
                let shim = Shim { name, binary: binary.into(), fail_open, made_directory };
                assert_eq!(Shim::parse(&shim.text()), Some(shim));
            }
        }
        assert_eq!(Shim::parse(b"#!/bin/sh\necho keysweep\n"), None);
    }
}
