//! Parses a configuration and converts it to [`Config`].

use std::collections::BTreeMap;
use std::fmt::Display;

use toml::Spanned;

use super::raw::{self, Archives, ByteSize, RawConfig};
use super::{
    ArchiveLimits, Config, DOING, EffectiveSetting, Globs, HookSettings, Limits, LocatedText, Output, Paths, Selection,
    Suppress, check, own,
};
use crate::core::error::{Error, Result};
use crate::core::files::Files;
use crate::core::text::Source;

/// The maximum of `limits.threads`. A configuration that belongs to the scanned content must not make a scan slow.
pub const MOST_THREADS: u16 = 256;

/// Parses the configuration at `path` in `files`. It is an error if it does not exist.
pub fn load(files: &dyn Files, path: &str) -> Result<Config> {
    let name = files.name(path);
    match files.read(path)? {
        Some(content) => parse(&name, &content),
        None => Err(Error::new(DOING, name, "no such file")),
    }
}

/// The configuration with all defaults.
pub fn default() -> Result<Config> {
    let empty = Source { name: "", text: "" };
    resolve(empty, RawConfig::default()).map(|config| Config { file: None, ..config })
}

/// Parses the text of a configuration; `name` is its name in errors.
pub fn parse(name: &str, content: &[u8]) -> Result<Config> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let text = std::str::from_utf8(content).map_err(|error| {
        let line = memchr::memchr_iter(b'\n', &content[..error.valid_up_to()]).count() + 1;
        Error::new(DOING, format!("{name}:{line}"), "not UTF-8").hint("save the file as UTF-8")
    })?;
    let source = Source { name, text };
    let raw: RawConfig =
        toml::from_str(text).map_err(|error| gitleaks_habit(source).unwrap_or_else(|| source.syntax(DOING, &error)))?;
    resolve(source, raw)
}

/// A helpful error for gitleaks' `[[rules]]` and `[allowlist]`, for which the TOML parser's message would not help.
fn gitleaks_habit(source: Source<'_>) -> Option<Error> {
    let at = |head: &str| {
        let mut start = 0;
        source.text.split_inclusive('\n').find_map(|line| {
            start += line.len();
            (line.trim() == head).then_some(start - line.len())
        })
    };
    if let Some(byte) = at("[[rules]]") {
        let fault = source.error(DOING, byte, "[[rules]] is a table of gitleaks");
        return Some(fault.hint("put such rules into a file of their own and name it in extends, or write [[rule]]"));
    }
    let byte = at("[[allowlists]]").or_else(|| at("[allowlist]"))?;
    Some(
        source
            .error(DOING, byte, "an allowlist here is [[allowlist]]")
            .hint("it takes reason, rules, regexes, stopwords, paths"),
    )
}

fn resolve(source: Source<'_>, raw: RawConfig) -> Result<Config> {
    let mut settings = Settings { source, list: Vec::new() };
    for name in &raw.extends {
        names_a_file(source, name.get_ref(), name.span().start)?;
    }
    for known in raw.known_keys.iter() {
        known.get_ref().iter().try_for_each(|name| names_a_file(source, name, known.span().start))?;
    }
    let extends = settings.names("extends", &raw.extends);
    let known_keys = settings.value("known-keys", raw.known_keys, Vec::new(), |list| format!("{list:?}"));
    let rules = selection(&mut settings, raw.rules)?;
    let paths = Paths {
        include: globs(&mut settings, "paths.include", &raw.paths.include)?,
        exclude: globs(&mut settings, "paths.exclude", &raw.paths.exclude)?,
    };
    let allowlists = check::allowlists(source, &raw.allowlists)?;
    for list in &raw.allowlists {
        let reason = list.get_ref().reason.as_deref().unwrap_or("no reason given");
        settings.put("allowlist", format!("{reason:?}"), source.at(list.span().start));
    }
    let context = context(&mut settings, raw.context);
    let suppress = suppress(&mut settings, raw.suppress)?;
    let limits = limits(&mut settings, raw.limits)?;
    let output = output(&mut settings, raw.output)?;
    let hook = hook(&mut settings, raw.hook)?;
    for rule in &raw.own {
        settings.put("rule", format!("{:?}", rule.get_ref().id), source.at(rule.span().start));
    }
    check::not_too_many(source, &raw.own)?;
    let own = own::rules(source, DOING, raw.own, None)?;
    Ok(Config {
        file: Some(source.name.to_owned()),
        extends,
        known_keys,
        rules,
        paths,
        allowlists,
        context,
        suppress,
        limits,
        output,
        hook,
        own,
        settings: settings.list,
    })
}

/// The list that `config show` prints, which is filled while the settings are converted.
struct Settings<'a> {
    source: Source<'a>,
    list: Vec<EffectiveSetting>,
}

impl Settings<'_> {
    fn put(&mut self, key: impl Into<String>, value: String, from: String) {
        self.list.push(EffectiveSetting { key: key.into(), value, from });
    }

    /// Converts one setting, and records its value and origin for `config show`.
    fn value<T>(&mut self, key: &str, given: Option<Spanned<T>>, default: T, show: impl Fn(&T) -> String) -> T {
        let (value, from) = match given {
            Some(given) => {
                let at = self.source.at(given.span().start);
                (given.into_inner(), at)
            }
            None => (default, "default".to_owned()),
        };
        self.put(key, show(&value), from);
        value
    }

    fn flag(&mut self, key: &str, given: Option<Spanned<bool>>, default: bool) -> bool {
        self.value(key, given, default, bool::to_string)
    }

    fn word<T: Copy + Display>(&mut self, key: &str, given: Option<Spanned<T>>, default: T) -> T {
        self.value(key, given, default, |value| format!("\"{value}\""))
    }

    fn text(&mut self, key: &str, given: Option<Spanned<String>>, default: String) -> String {
        self.value(key, given, default, |value| format!("{value:?}"))
    }

    fn names(&mut self, key: &str, given: &[Spanned<String>]) -> Vec<LocatedText> {
        let named = |text: &Spanned<String>| LocatedText {
            text: text.get_ref().clone(),
            at: self.source.at(text.span().start),
        };
        let names: Vec<LocatedText> = given.iter().map(named).collect();
        let texts: Vec<&String> = names.iter().map(|name| &name.text).collect();
        let from = names.first().map_or("default", |name| &name.at);
        self.put(key, format!("{texts:?}"), from.to_owned());
        names
    }
}

fn selection(settings: &mut Settings<'_>, raw: raw::RawRules) -> Result<Selection> {
    let default = Selection::default();
    let source = settings.source;
    for pattern in raw.enable.iter().chain(&raw.disable) {
        if pattern.get_ref().trim().is_empty() {
            let fault = source.error(DOING, pattern.span().start, "an empty text names no rule");
            return Err(fault.hint("name a rule, or several: \"openai-*\""));
        }
    }
    let builtin = settings.flag("rules.builtin", raw.builtin, default.builtin);
    let enable = settings.names("rules.enable", &raw.enable);
    let disable = settings.names("rules.disable", &raw.disable);
    let mut severity = Vec::new();
    for (pattern, value) in raw.severity {
        let at = source.at(value.span().start);
        settings.put(format!("rules.severity.{pattern:?}"), format!("\"{}\"", value.get_ref()), at.clone());
        severity.push((LocatedText { text: pattern, at }, value.into_inner()));
    }
    Ok(Selection {
        builtin,
        enable,
        disable,
        severity,
        min_severity: settings.word("rules.min-severity", raw.min_severity, default.min_severity),
        min_confidence: settings.word("rules.min-confidence", raw.min_confidence, default.min_confidence),
        skip_unsupported: settings.flag("rules.skip-unsupported", raw.skip_unsupported, default.skip_unsupported),
    })
}

fn globs(settings: &mut Settings<'_>, key: &str, given: &[Spanned<String>]) -> Result<Globs> {
    check::not_too_many(settings.source, given)?;
    let texts = settings.names(key, given).into_iter().map(|name| name.text).collect();
    Globs::new(texts).map_err(|(index, why)| {
        let at = given.get(index).map_or(0, |glob| glob.span().start);
        settings.source.error(DOING, at, why).hint("globs are like docs/**, *.lock, {a,b}/*.py")
    })
}

fn context(settings: &mut Settings<'_>, raw: BTreeMap<String, Spanned<Vec<String>>>) -> BTreeMap<String, Vec<String>> {
    let mut context = BTreeMap::new();
    for (name, words) in raw {
        let at = settings.source.at(words.span().start);
        settings.put(format!("context.{name}"), format!("{:?}", words.get_ref()), at);
        context.insert(name, words.into_inner());
    }
    context
}

fn suppress(settings: &mut Settings<'_>, raw: raw::RawSuppress) -> Result<Suppress> {
    let default = Suppress::default();
    for path in [&raw.ignore_file, &raw.baseline].into_iter().flatten() {
        names_a_file(settings.source, path.get_ref(), path.span().start)?;
    }
    Ok(Suppress {
        inline: settings.flag("suppress.inline", raw.inline, default.inline),
        foreign_markers: settings.flag("suppress.foreign-markers", raw.foreign_markers, default.foreign_markers),
        require_reason: settings.flag("suppress.require-reason", raw.require_reason, default.require_reason),
        ignore_file: settings.text("suppress.ignore-file", raw.ignore_file, default.ignore_file),
        baseline: settings.text("suppress.baseline", raw.baseline, default.baseline),
        fail_on_stale: settings.flag("suppress.fail-on-stale", raw.fail_on_stale, default.fail_on_stale),
    })
}

/// Refuses an empty path: it would be that of the directory.
fn names_a_file(source: Source<'_>, path: &str, at: usize) -> Result<()> {
    if path.trim().is_empty() {
        let fault = source.error(DOING, at, "an empty text names no file");
        return Err(fault.hint("leave the setting out for its default"));
    }
    Ok(())
}

fn limits(settings: &mut Settings<'_>, raw: raw::RawLimits) -> Result<Limits> {
    let source = settings.source;
    let max_file_size = raw.max_file_size.map(|size| size_of(source, &size)).transpose()?;
    let max_file_size = max_file_size.map(|size| Spanned::new(size.span(), Some(size.into_inner())));
    let archive_size = raw.archive_size.map(|size| size_of(source, &size)).transpose()?;
    if let Some(depth) = raw.archive_depth.as_ref().filter(|depth| *depth.get_ref() > ArchiveLimits::MOST_DEPTH) {
        let fault = source.error(DOING, depth.span().start, "too many archives in each other");
        return Err(fault.hint(format!("at most {}", ArchiveLimits::MOST_DEPTH)));
    }
    if let Some(threads) = raw.threads.as_ref().filter(|threads| *threads.get_ref() == 0) {
        let fault = source.error(DOING, threads.span().start, "a scan needs a thread");
        return Err(fault.hint("without it there is one thread for each processor"));
    }
    if let Some(threads) = raw.threads.as_ref().filter(|threads| *threads.get_ref() > MOST_THREADS) {
        let fault = source.error(DOING, threads.span().start, format!("{} threads are too many", threads.get_ref()));
        return Err(
            fault.hint(format!("the most is {MOST_THREADS}; without it there is one thread for each processor"))
        );
    }
    let threads = raw.threads.map(|threads| Spanned::new(threads.span(), Some(threads.into_inner())));
    let wide =
        |number: Option<Spanned<u32>>| number.map(|number| Spanned::new(number.span(), u64::from(number.into_inner())));
    let default = ArchiveLimits::default();
    Ok(Limits {
        max_file_size: settings.value("limits.max-file-size", max_file_size, None, |size| match size {
            Some(bytes) => bytes.to_string(),
            None => "\"unlimited\"".into(),
        }),
        threads: settings.value("limits.threads", threads, None, |threads| match threads {
            Some(threads) => threads.to_string(),
            None => "\"one for each processor\"".into(),
        }),
        strict_archives: settings.value(
            "limits.archives",
            raw.archives,
            Archives::Lenient,
            |archives| match archives {
                Archives::Lenient => "\"lenient\"".into(),
                Archives::Strict => "\"strict\"".into(),
            },
        ) == Archives::Strict,
        archives: ArchiveLimits {
            size: settings.value("limits.archive-size", archive_size, default.size, u64::to_string),
            ratio: settings.value("limits.archive-ratio", wide(raw.archive_ratio), default.ratio, u64::to_string),
            depth: settings.value("limits.archive-depth", raw.archive_depth, default.depth, u8::to_string),
            members: settings.value(
                "limits.archive-members",
                wide(raw.archive_members),
                default.members,
                u64::to_string,
            ),
        },
    })
}

fn bytes(size: &ByteSize) -> Option<u64> {
    let text = match size {
        ByteSize::Bytes(bytes) => return (*bytes > 0).then_some(*bytes),
        ByteSize::Text(text) => text.trim().to_ascii_uppercase(),
    };
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text.get(..digits)?.parse().ok()?;
    let unit = match text.get(digits..)?.trim() {
        "" | "B" => 1,
        "K" | "KB" => 1_000,
        "KIB" => 1 << 10,
        "M" | "MB" => 1_000_000,
        "MIB" => 1 << 20,
        "G" | "GB" => 1_000_000_000,
        "GIB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit).filter(|bytes| *bytes > 0)
}

fn output(settings: &mut Settings<'_>, raw: raw::RawOutput) -> Result<Output> {
    let some = |given: Spanned<String>| Spanned::new(given.span(), Some(given.into_inner()));
    let format = settings.value("output.format", raw.format.map(some), None, |format| {
        format!("{:?}", format.as_deref().unwrap_or("human"))
    });
    let mut when = |key, given: Option<Spanned<raw::ColorSetting>>| {
        let given = given.map(|when| Spanned::new(when.span(), Some(when.into_inner())));
        settings.value(key, given, None, |when| format!("{:?}", when.map_or("auto", raw::ColorSetting::as_str)))
    };
    let color = when("output.color", raw.color);
    let hyperlinks = when("output.hyperlinks", raw.hyperlinks);
    let show_suppressed = settings.flag("output.show-suppressed", raw.show_suppressed, false);
    Ok(Output { format, color, hyperlinks, show_suppressed })
}

fn hook(settings: &mut Settings<'_>, raw: raw::RawHook) -> Result<HookSettings> {
    let default = HookSettings::default();
    let receive_limit = raw.receive_limit.map(|size| size_of(settings.source, &size)).transpose()?;
    Ok(HookSettings {
        whole_files: settings.flag("hook.whole-files", raw.whole_files, default.whole_files),
        commit_message: settings.flag("hook.commit-message", raw.commit_message, default.commit_message),
        receive_timeout: settings.value(
            "hook.receive-timeout",
            raw.receive_timeout,
            default.receive_timeout,
            u64::to_string,
        ),
        receive_limit: settings.value("hook.receive-limit", receive_limit, default.receive_limit, u64::to_string),
        receive_markers: settings.flag("hook.receive-markers", raw.receive_markers, default.receive_markers),
    })
}

/// A size in bytes, or an error with its position.
fn size_of(source: Source<'_>, size: &Spanned<ByteSize>) -> Result<Spanned<u64>> {
    let no_size = || {
        let fault = source.error(DOING, size.span().start, "no size");
        fault.hint("sizes are bytes, or text with a unit: \"20MB\"")
    };
    Ok(Spanned::new(size.span(), bytes(size.get_ref()).ok_or_else(no_size)?))
}
