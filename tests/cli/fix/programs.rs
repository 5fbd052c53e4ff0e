//! Made-up programs are really run before and after, with `.env` loaded: they have to print the same.

use std::process::Command;

use keysweep::rule::template::Random;

use super::{fix, text};
use crate::project::{Project, key};

/// A way to run a language, what surrounds expressions in a program, and expressions for a key §; one in a row of
/// lines each prints what it comes to.
struct Language {
    file: &'static str,
    run: &'static [&'static str],
    heads: &'static [&'static str],
    lines: &'static [&'static str],
}

const LANGUAGES: &[Language] = &[
    Language {
        file: "app.py",
        run: &["python3", "app.py"],
        heads: &[
            "",
            "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n",
            "\"\"\"What it is for:\n\nimport os\n\"\"\"\n",
            "'''one'''\nfrom __future__ import annotations\n\nimport sys\n",
            "from __future__ import (\n    annotations,\n)\nimport sys, os\n",
            "# comment with 'quotes\nimport json\n",
        ],
        lines: &[
            "print('§')",
            "print(\"§\", 'x')",
            "MY_SECRET = '§'; print(MY_SECRET)",
            "print(f'Bearer § {1 + 1} {\"q\"}')",
            "print(rb'§', b\"x § y\")",
            "print('''a\n§\nb''')",
            "print({'Authorization': 'Bearer ' 'x', 'key': '§'}['key'])",
            "print('§'.upper(), ('Bearer § %s' % 3))",
            "print('§' + \"§\")",
            "print(len('§ §'))",
            "print('a\\n§\\n')",
            "def f(k='§'): return k\nprint(f())",
            "x = '§'if True else 'b'; print(x)",
            "print('§' 'tail')",
            "assert '§' # § is the key",
        ],
    },
    Language {
        file: "app.js",
        run: &["node", "app.js"],
        heads: &["", "'use strict';\n", "// it's a comment\nconst re = /'[/\"]/g;\n", "/* `§` no */\n"],
        lines: &[
            "console.log('§');",
            "console.log(\"Bearer §\" + 1);",
            "console.log(`§`, `a ${'§'} b § c`);",
            "const o = { apiKey: '§', 'x': 'Bearer §!' }; console.log(o);",
            "console.log({ '§': 1 });",
            "(() => { const k = '§'; console.log(k.length, 1 / 2, '§'.split('-').length); })();",
            "const f = (k = '§') => k; console.log(f());",
            "console.log(true ? '§' : 'b', ['§', 'x'].length);",
            "console.log('a\\t§\\u0041');",
            "function g() { return'§' }; console.log(g());",
            "/* § */ console.log(1); // §",
        ],
    },
    Language {
        file: "app.sh",
        run: &["sh", "app.sh"],
        heads: &["", "#!/bin/sh\nset -eu\n", "# it's\n"],
        lines: &[
            "export MY_TOKEN=§; echo \"$MY_TOKEN\"",
            "echo § '§' \"§\"",
            "echo \"Authorization: Bearer §\" 'Bearer §!'",
            "X='§'; echo ${X}",
            "cat <<EOF\nkey: §\nEOF",
            "cat <<'EOF'\nkey: §\nEOF",
            "cat <<-\"END\"\n\tkey: §\n\tEND\necho '§'",
            "echo pre-\"§\"-post # §",
            "f() { echo \"$1\" | tr a-z A-Z; }; f §",
            "echo $(echo '§')",
        ],
    },
];

/// A program of some of these lines, each with a key of its own or one that it shares.
fn program(language: &Language, random: &mut Random) -> String {
    let keys = [key(random.next()), key(random.next())];
    let mut program = (*random.pick(language.heads)).to_owned();
    for _ in 0..2 + random.below(14) {
        let key: &String = random.pick(&keys);
        let line = random.pick(language.lines).replace('§', key);
        // In a block of its own, names may come again.
        program += &match language.file {
            "app.js" => format!("{{ {line}\n}}\n"),
            _ => format!("{line}\n"),
        };
    }
    program
}

fn run(project: &Project, language: &Language, env: &str) -> Option<Vec<u8>> {
    let mut command: Command = project.command("sh");
    let script = format!("set -a; {env} set +a; exec \"$@\"");
    let output = command.args(["-c", &script, "sh"]).args(language.run).output().unwrap();
    output.status.success().then_some(output.stdout)
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("-c").arg("0").output().is_ok()
}

#[test]
fn programs_do_what_they_did() {
    let mut ran = 0;
    for language in LANGUAGES {
        if !is_there(language.run[0]) {
            continue;
        }
        let mut random = Random::new(15);
        let project = Project::git();
        for round in 0..6 {
            for file in [".env", ".env.example", ".gitignore"] {
                // It is there if a round before has written it.
                let _ = std::fs::remove_file(project.path(file));
            }
            let program = program(language, &mut random);
            project.write(language.file, &program);
            let before = run(&project, language, "").unwrap_or_else(|| panic!("a broken test:\n{program}"));
            let output = fix(&project, &[]);
            let fixed = text(&project, language.file);
            // What the rules take for no key stays, and there is then no file.
            let env = if project.path(".env").exists() { ". ./.env;" } else { "" };
            let after = run(&project, language, env);
            assert_eq!(
                after.map(|after| String::from_utf8(after).unwrap()),
                Some(String::from_utf8(before).unwrap()),
                "{}, round {round}:\n{program}\n->\n{fixed}\n{output:?}",
                language.file
            );
            let scan = project.scan(&["."]);
            match output.code {
                0 => assert!(scan.findings.is_empty(), "{program}\n->\n{fixed}"),
                1 => assert!(output.stdout.contains("left: "), "{output:?}"),
                _ => panic!("{output:?}\n{program}"),
            }
            let again = fix(&project, &[]);
            assert_eq!(text(&project, language.file), fixed, "a second fix changes nothing: {again:?}");
            ran += 1;
        }
    }
    assert!(ran >= 6, "a shell is everywhere");
}
