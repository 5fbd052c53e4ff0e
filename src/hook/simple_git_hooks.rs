//! The configuration of simple-git-hooks: a member of `package.json`, or a separate file.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::HookName;
use crate::core::error::{Error, Result};
use crate::core::json;
use crate::core::regular_file::{self, Links, SMALL};

/// Its files, in the order in which they are searched.
const SCRIPTS: [&str; 6] = [
    ".simple-git-hooks.cjs",
    ".simple-git-hooks.js",
    ".simple-git-hooks.mjs",
    "simple-git-hooks.cjs",
    "simple-git-hooks.js",
    "simple-git-hooks.mjs",
];
const DOCUMENTS: [&str; 2] = [".simple-git-hooks.json", "simple-git-hooks.json"];
const MEMBER: &str = "simple-git-hooks";

/// The configuration file that is used.
pub(super) struct Configuration {
    pub(super) file: PathBuf,
    pub(super) text: String,
    kind: ConfigForm,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ConfigForm {
    Script,
    Document,
    Package,
}

/// The configuration of the project at `top`; `None` if it does not use simple-git-hooks.
pub(super) fn find(top: &Path) -> Result<Option<Configuration>> {
    let kinds = [
        (&SCRIPTS[..], ConfigForm::Script),
        (&DOCUMENTS, ConfigForm::Document),
        (&["package.json"], ConfigForm::Package),
    ];
    for (names, kind) in kinds {
        for file in names.iter().map(|name| top.join(name)).filter(|file| file.is_file()) {
            let Some(bytes) = regular_file::read(&file, Links::Follow, SMALL)? else { continue };
            let text = String::from_utf8(bytes).map_err(|_| Error::new("read", file.display(), "it is not UTF-8"))?;
            let has_member = || serde_json::from_str::<Value>(&text).is_ok_and(|package| package.get(MEMBER).is_some());
            if kind != ConfigForm::Package || has_member() {
                return Ok(Some(Configuration { file, text, kind }));
            }
        }
    }
    Ok(None)
}

impl Configuration {
    /// The shell command that it runs for a hook.
    pub(super) fn command(&self, name: HookName) -> Option<String> {
        let mut value: Value = serde_json::from_str(&self.text).ok()?;
        if self.kind == ConfigForm::Package {
            value = value.get_mut(MEMBER)?.take();
        }
        Some(value.get(name.as_str())?.as_str()?.to_owned())
    }

    /// Where lines have to be added, as a phrase.
    pub(super) fn place(&self) -> &'static str {
        if self.kind == ConfigForm::Package { "in the object \"simple-git-hooks\"" } else { "in its object" }
    }

    /// The file's text with this command for a hook, every other byte unchanged; `None` if it is not JSON.
    pub(super) fn with(&self, name: HookName, command: &str) -> Option<String> {
        if self.kind == ConfigForm::Script {
            return None;
        }
        let text = self.text.as_bytes();
        let mut object = json::root(text).ok()?;
        if self.kind == ConfigForm::Package {
            object = json::members(text, object.start).ok()?.into_iter().find(|member| member.name == MEMBER)?.value;
        }
        let members = json::members(text, object.start).ok()?;
        let value = Value::from(command).to_string();
        let mut whole = self.text.clone();
        if let Some(member) = members.iter().find(|member| member.name == name.as_str()) {
            whole.replace_range(member.value.clone(), &value);
            return Some(whole);
        }
        let entry = match members.first() {
            Some(first) => format!("{}\"{name}\": {value},", self.text.get(object.start + 1..first.start)?),
            None => format!("\"{name}\": {value}"),
        };
        whole.insert_str(object.start + 1, &entry);
        Some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hook_changes_and_nothing_else() {
        for (kind, before, after) in [
            (ConfigForm::Document, "{}", Some("{\"pre-commit\": \"x\\ny\"}")),
            (ConfigForm::Document, "{\n  \"a\": 1\n}\n", Some("{\n  \"pre-commit\": \"x\\ny\",\n  \"a\": 1\n}\n")),
            (ConfigForm::Document, "{ \"pre-commit\": \"old\" }", Some("{ \"pre-commit\": \"x\\ny\" }")),
            (
                ConfigForm::Package,
                "{\"name\":\"p\",\"simple-git-hooks\":{\"pre-push\":\"z\"}}",
                Some("{\"name\":\"p\",\"simple-git-hooks\":{\"pre-commit\": \"x\\ny\",\"pre-push\":\"z\"}}"),
            ),
            (ConfigForm::Package, "{\"simple-git-hooks\": \"config.js\"}", None),
            (ConfigForm::Package, "{}", None),
            (ConfigForm::Document, "module.exports = {}", None),
            (ConfigForm::Script, "{}", None),
        ] {
            let configuration = Configuration { file: PathBuf::new(), text: before.into(), kind };
            assert_eq!(configuration.with(HookName::PreCommit, "x\ny").as_deref(), after, "{before}");
        }
    }
}
