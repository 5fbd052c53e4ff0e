//! Every event of every agent, in every form: clean, with a key in each place, in JSON's escapes, in JSON within a
//! string, large, malformed, cut off, and under a name that nobody knows. One table, made of the events themselves.

use keysweep::rule::template::{Random, Template};
use serde_json::{Value, json};

use super::answers::{Meaning, meaning};
use super::events::{after, before};
use super::run::project;
use super::{AGENTS, Answer, ask, run, set};
use crate::project::{Project, key};

/// Stands in the events where a text goes.
const TEXT: &str = "\u{a7}";

/// Members of an event in which something is said, asked for, sent or given back.
const CONTENT: &[&str] = &[
    "prompt",
    "command",
    "content",
    "file_path",
    "tool_input",
    "tool_output",
    "tool_response",
    "result_json",
    "toolArgs",
    "toolResult",
    "tool_info",
];

/// Members that may hold a key: text that leaves a file, and what the agent itself names.
const FREE: &[&str] = &["/old_string", "/old_str", "/tool_info/cwd"];

struct Case {
    agent: &'static str,
    what: &'static str,
    event: Value,
    /// Whether it has not happened yet.
    is_before: bool,
}

fn cases(project: &Project, agent: &str) -> Vec<Case> {
    let with = |is_before| move |(agent, what, event)| Case { agent, what, event, is_before };
    let all =
        before(project, TEXT).into_iter().map(with(true)).chain(after(project, TEXT).into_iter().map(with(false)));
    let cases: Vec<Case> = all.filter(|case| case.agent == agent).collect();
    assert!(cases.len() >= 5, "{agent}");
    cases
}

/// Pointers to all texts of an event's content. They lead through JSON in strings, too.
fn places(event: &Value) -> Vec<String> {
    let content = |name: &str| event.get(name).is_some_and(|value| !value.is_null());
    // Cursor's MCP event names the command that started the server.
    let is_mcp = event.get("mcp_server_name").is_some();
    let names = CONTENT.iter().copied().filter(|name| content(name) && !(is_mcp && *name == "command"));
    // What went into a tool is not judged again when something has come out.
    let is_output = ["tool_response", "tool_output", "result_json", "toolResult"].iter().any(|name| content(name));
    let names = names.filter(|name| !is_output || !matches!(*name, "tool_input" | "toolArgs"));
    let mut stack: Vec<(String, Value)> = names.map(|name| (format!("/{name}"), event[name].clone())).collect();
    let mut places = Vec::new();
    while let Some((pointer, value)) = stack.pop() {
        match value {
            Value::String(text) => match serde_json::from_str::<Value>(&text) {
                Ok(inner @ (Value::Object(_) | Value::Array(_))) => stack.push((pointer, inner)),
                _ => places.push(pointer),
            },
            Value::Array(list) => {
                stack.extend(list.into_iter().enumerate().map(|(at, one)| (format!("{pointer}/{at}"), one)));
            }
            Value::Object(members) => {
                stack.extend(members.into_iter().map(|(name, one)| (format!("{pointer}/{name}"), one)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    places.sort();
    places
}

/// What stands at a place.
fn at(event: &Value, pointer: &str) -> String {
    let mut value = event.clone();
    for part in pointer.split('/').skip(1) {
        if let Some(inner) = value.as_str().and_then(|text| serde_json::from_str(text).ok()) {
            value = inner;
        }
        value = value.pointer(&format!("/{part}")).unwrap().clone();
    }
    value.as_str().unwrap().to_owned()
}

/// The event with a text at a place, and a harmless one wherever else a text goes.
fn with(event: &Value, pointer: &str, text: &str) -> Value {
    let mut event = event.clone();
    for place in places(&event) {
        let here = at(&event, &place);
        if place == pointer {
            // Each line of a patch has its mark.
            let text = if here.contains("+\u{a7}") { text.replace('\n', "\n+") } else { text.to_owned() };
            let whole = if here.contains(TEXT) { here.replace(TEXT, &text) } else { text };
            set(&mut event, &place, &json!(whole));
        } else if here.contains(TEXT) {
            set(&mut event, &place, &json!(here.replace(TEXT, "ls")));
        }
    }
    event
}

fn clean(event: &Value) -> Value {
    with(event, "", "")
}

/// A key that JSON may write with `\/`.
fn slashed() -> String {
    let bedrock = ["ABSKQmVkcm9ja0FQSUtleS[A-Za-z0-9]{40}/[A-Za-z0-9]{30}/", "[A-Za-z0-9]{38}="].concat();
    Template::parse(&bedrock).unwrap().generate(&mut Random::new(3)).text
}

fn escapes(key: &str) -> String {
    key.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect()
}

/// The forms of an event that holds a key at a place: what they are called, and the bytes.
fn forms(event: &Value, place: &str) -> Vec<(&'static str, String)> {
    let (key, slashed) = (key(1), slashed());
    let plain = with(event, place, &key).to_string();
    let one_of = |key: &str| json!({"api_key": key}).to_string();
    vec![
        ("all escaped", plain.replace(&key, &escapes(&key))),
        ("first escaped", plain.replace(&key, &format!("\\u{:04x}{}", u32::from(b's'), &key[1..]))),
        ("plain", plain),
        ("a slash", with(event, place, &slashed).to_string()),
        ("a slash escaped", with(event, place, &slashed).to_string().replace('/', "\\/")),
        ("JSON within", with(event, place, &one_of(&key)).to_string()),
        ("JSON within, escaped", with(event, place, &one_of(&key).replace(&key, &escapes(&key))).to_string()),
        ("JSON within, a slash escaped", with(event, place, &one_of(&slashed).replace('/', "\\/")).to_string()),
    ]
}

/// Fails unless a key was kept from where it was going.
fn assert_stopped(case: &Case, answer: &Answer, at: &str) {
    let Case { agent, what, event, is_before } = case;
    let text = format!("{} {}", answer.output.stdout, answer.output.stderr);
    assert!(!text.contains(&slashed()), "{agent}, {what}, {at}: {text}");
    match meaning(agent, event, answer) {
        Meaning::Denied(reason) => {
            assert!(is_before, "{agent}, {what}, {at}");
            let named = reason.contains("OpenAI project API key") || reason.contains("Bedrock");
            assert!(named, "{agent}, {what}, {at}: {reason}");
        }
        Meaning::Replaced(_) => assert!(!is_before, "{agent}, {what}, {at}"),
        Meaning::Told(_) => {
            assert!(
                !is_before && matches!((*agent, *what), ("windsurf", _) | ("cursor", "shell output")),
                "{agent}, {what}"
            );
        }
        Meaning::Pass => panic!("{agent}, {what}, {at}: {answer:?}"),
    }
}

fn assert_passes(case: &Case, answer: &Answer, at: &str) {
    assert_eq!(
        meaning(case.agent, &case.event, answer),
        Meaning::Pass,
        "{}, {}, {at}: {answer:?}",
        case.agent,
        case.what
    );
    assert_eq!(answer.output.stderr, "", "{}, {}, {at}", case.agent, case.what);
}

/// Runs a check on each case of each agent, the agents side by side.
fn each(check: impl Fn(&Project, &Case) + Sync) {
    std::thread::scope(|scope| {
        for agent in AGENTS {
            let check = &check;
            scope.spawn(move || {
                let project = project();
                cases(&project, agent).iter().for_each(|case| check(&project, case));
            });
        }
    });
}

#[test]
fn a_key_is_stopped_in_every_place_and_form_and_nothing_else_is() {
    each(|project, case| {
        assert_passes(case, &ask(project, case.agent, &clean(&case.event)), "clean");
        let places = places(&case.event);
        assert!(!places.is_empty(), "{}, {}", case.agent, case.what);
        for place in places {
            let is_free = FREE.iter().any(|name| place.ends_with(name));
            // How a text is written does not depend on where it stands.
            let number = if at(&case.event, &place).contains(TEXT) { usize::MAX } else { 2 };
            for (form, bytes) in forms(&case.event, &place).into_iter().take(number) {
                let answer = run(project, case.agent, bytes.as_bytes());
                let at = format!("{form}, {place}: {bytes}");
                if is_free { assert_passes(case, &answer, &at) } else { assert_stopped(case, &answer, &at) }
            }
        }
    });
}

#[test]
fn ten_megabytes_are_judged_whole() {
    let harmless = "a line of harmless text\n".repeat(10_000_000 / 24);
    each(|project, case| {
        let places = places(&case.event);
        let place = places.iter().find(|place| at(&case.event, place).contains(TEXT)).unwrap();
        let text = format!("{harmless}OPENAI_API_KEY={}\n", key(1));
        // A path of this length names no file.
        if !place.ends_with("_path")
            && !place.ends_with("/path")
            && !place.contains("/include/")
            && !place.contains("/files/")
        {
            let answer = ask(project, case.agent, &with(&case.event, place, &text));
            assert_stopped(case, &answer, "10 MB");
        }
    });
}

#[test]
fn an_event_that_is_broken_is_blocked_with_one_line() {
    each(|project, case| {
        let whole = clean(&case.event).to_string();
        let mut broken = vec![whole[..whole.len() - 1].to_owned(), format!("{whole}}}"), whole.replacen(':', "", 1)];
        let middle = (whole.len() / 2..).find(|&at| whole.is_char_boundary(at)).unwrap();
        broken.push(whole[..middle].to_owned());
        // What its content stands in is gone, or something else than it has to be.
        let content: Vec<&&str> = CONTENT.iter().filter(|name| case.event.get(**name).is_some()).collect();
        let needed = match content
            .iter()
            .find(|name| matches!(***name, "tool_response" | "tool_output" | "result_json" | "toolResult"))
        {
            Some(output) => output,
            None => content.last().unwrap(),
        };
        // Copilot's events have no names: without its content, one is another event.
        if case.agent != "copilot" || case.event.get("hook_event_name").is_some() {
            let mut event = clean(&case.event);
            event.as_object_mut().unwrap().remove(**needed);
            let optional = **needed == "content";
            if !optional {
                broken.push(event.to_string());
            }
        }
        for input in broken {
            let answer = run(project, case.agent, input.as_bytes());
            assert_eq!(answer.output.code, 2, "{}, {}: {answer:?}\n{input}", case.agent, case.what);
            assert_eq!(answer.output.stderr.lines().count(), 1, "{}, {}: {answer:?}", case.agent, case.what);
        }
    });
}

#[test]
fn an_event_of_another_name_passes_with_one_line() {
    each(|project, case| {
        let mut event = with(&case.event, &places(&case.event)[0], &key(1));
        match ["hook_event_name", "agent_action_name"].iter().find(|name| event.get(**name).is_some()) {
            Some(name) => event[*name] = json!("somethingNew"),
            None => drop(["toolName", "prompt"].map(|name| event.as_object_mut().unwrap().remove(name))),
        }
        let answer = ask(project, case.agent, &event);
        assert_eq!(answer.output.code, 0, "{}, {}: {answer:?}", case.agent, case.what);
        assert_eq!(answer.output.stderr.lines().count(), 1, "{}, {}: {answer:?}", case.agent, case.what);
        assert!(answer.output.stderr.contains("does not judge"), "{answer:?}");
    });
}
