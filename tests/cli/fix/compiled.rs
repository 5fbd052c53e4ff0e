//! Programs in compiled languages are compiled after a fix, with the language's own compiler. Rust's is there whenever
//! these tests are; the others are used where they are installed.

use std::process::Command;

use super::{fix, text};
use crate::project::{Project, key};

struct Language {
    file: &'static str,
    /// What compiles the file; the first word says whether it is installed when called with `probe`.
    compile: &'static [&'static str],
    probe: &'static str,
    before: &'static str,
    after: &'static str,
    /// Statements with a key §.
    lines: &'static [&'static str],
}

const LANGUAGES: &[Language] = &[
    Language {
        file: "main.rs",
        compile: &[
            "rustc",
            "--edition",
            "2021",
            "--emit=metadata",
            "--crate-type",
            "bin",
            "-o",
            "out.rmeta",
            "main.rs",
        ],
        probe: "-V",
        before: "use std::collections::HashMap;\nfn take(_: &str) {}\nfn main() {\n",
        after: "}\n",
        lines: &[
            "let k: &str = \"§\"; take(k);",
            "take(\"§\");",
            "let k = String::from(\"§\"); take(&k);",
            "let k = \"§\".to_string(); take(&k);",
            "let k = \"§\".to_owned(); take(&k);",
            "let k: String = \"§\".into(); take(&k);",
            "let k = r#\"§\"#; take(k);",
            "let k = r\"Bearer §\"; take(k);",
            "let k = b\"§\"; let _: &[u8] = k;",
            "let k = \"Bearer §\"; take(k);",
            "take(&format!(\"{}\", \"§\"));",
            "take(&format!(\"Bearer § {}\", 1));",
            "println!(\"§\");",
            "let k = format!(\"x §\"); take(&k);",
            "let mut m = HashMap::new(); m.insert(\"k\", \"§\"); take(m[\"k\"]);",
            "let o: Option<&str> = Some(\"§\"); take(o.unwrap_or(\"§\"));",
            "struct S { k: String } let s = S { k: \"§\".to_string() }; take(&s.k);",
            "struct T<'a> { k: &'a str } let t = T { k: \"§\" }; take(t.k);",
            "if \"§\".len() > 3 { take(\"a\") }",
            "if std::env::args().count() == 3 || \"x\" == \"§\" { take(\"a\") }",
            "let v = vec![\"§\", \"b\"]; v.iter().for_each(|k| take(k));",
            "let a = [\"§\"; 1]; take(a[0]);",
            "match std::env::args().next().as_deref() { Some(\"§\") => take(\"a\"), _ => take(\"b\") }",
            "fn f() -> &'static str { \"§\" } take(f());",
            "fn g() -> String { \"§\".to_string() } take(&g());",
            "let c = || \"§\".to_owned(); take(&c());",
            "const C: &str = \"§\"; take(C);",
            "static D: &str = \"§\"; take(D);",
            "let k = concat!(\"Bearer \", \"§\"); take(k);",
            "assert!(\"§\".starts_with('s'), \"no §\");",
            "let k: std::borrow::Cow<'_, str> = \"§\".into(); take(&k);",
            "let _ = std::env::var(\"K\").unwrap_or_else(|_| \"§\".to_string());",
            "let _ = option_env!(\"K\").unwrap_or(\"§\");",
            "/* § */ take(\"x\"); // §",
            "let s = \"a\\\n    §\"; take(s);",
            "let (k, n) = (\"§\", 1); take(k); let _ = n;",
            "let c = std::ffi::CString::new(\"§\"); let _ = c;",
            "let _: Vec<u8> = \"§\".bytes().collect();",
            "let _ = \"§\" == \"§\";",
            "let k = &\"§\"[..3]; take(k);",
        ],
    },
    Language {
        file: "Main.java",
        compile: &["javac", "-Werror", "-d", "out", "Main.java"],
        probe: "-version",
        before: "import java.util.*;\npublic class Main {\n  static void take(String s) {}\n  public static void main(String[] args) {\n",
        after: "  }\n}\n",
        lines: &[
            "String k = \"§\"; take(k);",
            "take(\"Bearer §\");",
            "take(\"Bearer \" + \"§\" + 1);",
            "final String k = \"§\"; take(k);",
            "Map<String, String> m = new HashMap<>(); m.put(\"k\", \"§\");",
            "switch (args.length) { case 1: take(\"§\"); break; default: }",
            "switch (args[0]) { case \"§\": take(\"a\"); break; default: }",
            "String[] a = {\"§\", \"x\"}; take(a[0]);",
            "Runnable r = () -> take(\"§\"); r.run();",
            "System.out.printf(\"%s § %d%n\", \"a\", 1);",
            "if (\"§\".equals(args[0])) { take(\"a\"); }",
            "int n = \"§\".length(); take(\"\" + n);",
            "String k = args.length > 1 ? \"§\" : \"b\"; take(k);",
            "@SuppressWarnings(\"§\") int n = 1; take(\"\" + n);",
            "Object o = \"§\"; take((String) o);",
            "char c = '\"'; take(\"§\" + c);",
            "/* § */ take(\"x\"); // §",
        ],
    },
    Language {
        file: "main.go",
        compile: &["go", "vet", "main.go"],
        probe: "version",
        before: "package main\n\nimport \"fmt\"\n\nfunc take(s string) { fmt.Sprint(s) }\n\nfunc main() {\n",
        after: "}\n",
        lines: &[
            "k := \"§\"; take(k)",
            "var k string = \"§\"; take(k)",
            "take(`Bearer §`)",
            "take(\"Bearer §\" + \"x\")",
            "m := map[string]string{\"k\": \"§\"}; take(m[\"k\"])",
            "const k = \"§\"; take(k)",
            "b := []byte(\"§\"); take(string(b))",
            "take(fmt.Sprintf(\"%s §\", \"a\"))",
            "switch k := fmt.Sprint(); k { case \"§\": take(k) }",
            "f := func() string { return \"§\" }; take(f())",
        ],
    },
];

fn is_there(language: &Language) -> bool {
    Command::new(language.compile[0]).arg(language.probe).output().is_ok_and(|output| output.status.success())
}

fn compile(project: &Project, language: &Language) -> Result<(), String> {
    let output = project.command(language.compile[0]).args(&language.compile[1..]).output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// A program in which each line is a block of its own.
fn program(language: &Language, lines: &[&str]) -> String {
    let block = |(number, line): (usize, &&str)| format!("{{\n{}\n}}\n", line.replace('§', &key(number as u64 % 3)));
    language.before.to_owned() + &lines.iter().enumerate().map(block).collect::<String>() + language.after
}

#[test]
fn programs_compile_after_a_fix() {
    let mut ran = Vec::new();
    for language in LANGUAGES {
        if !is_there(language) {
            continue;
        }
        let check = |lines: &[&str]| -> Result<(), String> {
            let project = Project::git();
            let before = program(language, lines);
            project.write(language.file, &before);
            compile(&project, language).map_err(|why| format!("a broken test: {why}\n{before}"))?;
            let output = fix(&project, &[]);
            let fixed = text(&project, language.file);
            assert!(matches!(output.code, 0 | 1), "{output:?}");
            compile(&project, language).map_err(|why| format!("{why}\n{fixed}"))
        };
        // All at once; one by one only to say which of them it is.
        if let Err(whole) = check(language.lines) {
            let bad: Vec<String> = language.lines.iter().filter_map(|line| check(&[line]).err()).collect();
            panic!("{}: {}\n{whole}", language.file, bad.join("\n"));
        }
        ran.push(language.file);
    }
    assert!(ran.contains(&"main.rs"), "cargo runs these tests, so rustc is there");
}
