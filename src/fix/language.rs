//! What there is to know of a language to replace a literal in it: its strings, its comments, and how it reads the
//! environment. A language is one entry of the table.

/// A language.
#[derive(Debug)]
pub struct Language {
    /// Endings of file names.
    pub extensions: &'static [&'static str],
    /// The lookup for people; `X` stands for the variable.
    pub lookup: &'static str,
    /// What it takes to write the lookup into a program; `None` where people have to do it.
    pub literal: Option<Literal>,
}

/// How literals of a language are replaced.
#[derive(Debug)]
pub struct Literal {
    /// The expression that replaces a whole string.
    pub expression: &'static str,
    /// Kinds of strings, those with the longest opening first.
    pub strings: &'static [Quote],
    /// What may stand before an opening quote and belongs to it.
    pub prefixes: &'static [&'static str],
    /// Begin a comment up to the end of the line.
    pub line_comments: &'static [&'static str],
    /// Begin and end a comment.
    pub block_comment: Option<(&'static str, &'static str)>,
    /// Joins strings where a part of one is replaced: parts, separated by this.
    pub join: Join,
    /// What the file has to import.
    pub import: Import,
    /// Words that, before the literal on its line, mean that no expression can stand there.
    pub refuse: &'static [&'static str],
}

/// A kind of string.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    /// How it begins.
    pub open: &'static str,
    /// How it ends.
    pub close: &'static str,
    /// Whether a backslash takes the meaning of what follows.
    pub escapes: bool,
    /// Whether it may go over several lines.
    pub multiline: bool,
    /// Begins an expression in it, which ends with the bracket that fits; and the same with the lookup in it.
    pub interpolation: Option<(&'static str, &'static str)>,
}

/// How a text is put together from parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// `("a" + b)`.
    Operator(&'static str),
    /// `["a", &b].concat()`, which makes a `String`: Rust.
    Concat,
}

/// What a file has to import before the lookup works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// Nothing.
    None,
    /// Python's `import os`.
    Python,
    /// Go's `"os"`.
    Go,
    /// Swift's `import Foundation`.
    Swift,
}

const fn quote(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escapes: true, multiline: false, interpolation: None }
}

const fn long(mark: &'static str) -> Quote {
    Quote { multiline: true, ..quote(mark) }
}

const fn raw(open: &'static str, close: &'static str) -> Quote {
    Quote { open, close, escapes: false, multiline: true, interpolation: None }
}

const fn inserting(mark: &'static str, opens: &'static str, lookup: &'static str) -> Quote {
    Quote { multiline: true, interpolation: Some((opens, lookup)), ..quote(mark) }
}

const PLAIN: Literal = Literal {
    expression: "",
    strings: &[quote("\"")],
    prefixes: &[],
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    join: Join::Operator(" + "),
    import: Import::None,
    refuse: &[],
};

const fn advice(extensions: &'static [&'static str], lookup: &'static str) -> Language {
    Language { extensions, lookup, literal: None }
}

const SCRIPT: Literal = Literal {
    expression: "process.env.X",
    strings: &[inserting("`", "${", "${process.env.X}"), quote("\""), quote("'")],
    ..PLAIN
};

/// All languages.
pub static LANGUAGES: &[Language] = &[
    Language {
        extensions: &["py", "pyi", "pyw"],
        lookup: "os.environ[\"X\"]",
        literal: Some(Literal {
            expression: "os.environ[\"X\"]",
            strings: &[long("\"\"\""), long("'''"), quote("\""), quote("'")],
            prefixes: &["rb", "br", "fr", "rf", "r", "b", "f", "u"],
            line_comments: &["#"],
            block_comment: None,
            import: Import::Python,
            refuse: &["case "],
            ..PLAIN
        }),
    },
    advice(&["ipynb"], "os.environ[\"X\"], and clear the cell's outputs"),
    Language { extensions: &["js", "jsx", "mjs", "cjs"], lookup: "process.env.X", literal: Some(SCRIPT) },
    Language {
        extensions: &["ts", "tsx", "mts", "cts"],
        lookup: "process.env.X",
        literal: Some(Literal { expression: "process.env.X!", ..SCRIPT }),
    },
    advice(&["vue", "svelte", "astro"], "process.env.X"),
    Language {
        extensions: &["go"],
        lookup: "os.Getenv(\"X\")",
        literal: Some(Literal {
            expression: "os.Getenv(\"X\")",
            strings: &[quote("\""), raw("`", "`"), quote("'")],
            import: Import::Go,
            refuse: &["const "],
            ..PLAIN
        }),
    },
    Language {
        extensions: &["rs"],
        lookup: "std::env::var(\"X\")",
        literal: Some(Literal {
            expression: "std::env::var(\"X\").expect(\"X is not set\")",
            strings: &[raw("r##\"", "\"##"), raw("r#\"", "\"#"), raw("r\"", "\""), long("\"")],
            prefixes: &["b", "c"],
            join: Join::Concat,
            refuse: &["const ", "static ", "#["],
            ..PLAIN
        }),
    },
    Language {
        extensions: &["java"],
        lookup: "System.getenv(\"X\")",
        literal: Some(Literal {
            expression: "System.getenv(\"X\")",
            strings: &[long("\"\"\""), quote("\""), quote("'")],
            refuse: &["case ", "@"],
            ..PLAIN
        }),
    },
    Language {
        extensions: &["kt", "kts"],
        lookup: "System.getenv(\"X\")",
        literal: Some(Literal {
            expression: "System.getenv(\"X\")",
            strings: &[
                Quote { escapes: false, ..inserting("\"\"\"", "${", "${System.getenv(\"X\")}") },
                Quote { multiline: false, ..inserting("\"", "${", "${System.getenv(\"X\")}") },
                quote("'"),
            ],
            refuse: &["const ", "@"],
            ..PLAIN
        }),
    },
    Language {
        extensions: &["groovy", "gradle"],
        lookup: "System.getenv(\"X\")",
        literal: Some(Literal {
            expression: "System.getenv(\"X\")",
            strings: &[long("\"\"\""), long("'''"), inserting("\"", "${", "${System.getenv(\"X\")}"), quote("'")],
            refuse: &["case ", "@"],
            ..PLAIN
        }),
    },
    advice(&["scala"], "sys.env(\"X\")"),
    Language {
        extensions: &["cs"],
        lookup: "Environment.GetEnvironmentVariable(\"X\")",
        literal: Some(Literal {
            expression: "System.Environment.GetEnvironmentVariable(\"X\")",
            strings: &[long("\"\"\""), raw("@\"", "\""), quote("\""), quote("'")],
            prefixes: &["$"],
            refuse: &["const ", "case ", "["],
            ..PLAIN
        }),
    },
    advice(&["fs", "vb"], "Environment.GetEnvironmentVariable(\"X\")"),
    Language {
        extensions: &["rb", "rake"],
        lookup: "ENV.fetch(\"X\")",
        literal: Some(Literal {
            expression: "ENV.fetch(\"X\")",
            strings: &[inserting("\"", "#{", "#{ENV.fetch(\"X\")}"), long("'")],
            line_comments: &["#"],
            block_comment: None,
            ..PLAIN
        }),
    },
    Language {
        extensions: &["php"],
        lookup: "getenv('X')",
        literal: Some(Literal {
            expression: "getenv('X')",
            strings: &[long("\""), long("'")],
            line_comments: &["//", "#"],
            join: Join::Operator(" . "),
            refuse: &["const ", "public ", "private ", "protected ", "static ", "var "],
            ..PLAIN
        }),
    },
    advice(&["sh", "bash", "zsh", "ksh"], "\"${X:?}\""),
    advice(&["fish"], "$X"),
    advice(&["ps1", "psm1"], "$env:X"),
    advice(&["bat", "cmd"], "%X%"),
    advice(&["yml", "yaml"], "${X}"),
    advice(&["tf"], "a variable with sensitive = true, set as TF_VAR_x"),
    advice(&["tfvars", "tfstate"], "TF_VAR_x in the environment, and keep this file out of git"),
    Language {
        extensions: &["swift"],
        lookup: "ProcessInfo.processInfo.environment[\"X\"]",
        literal: Some(Literal {
            expression: "ProcessInfo.processInfo.environment[\"X\"]!",
            strings: &[long("\"\"\""), quote("\"")],
            import: Import::Swift,
            ..PLAIN
        }),
    },
    advice(&["dart"], "Platform.environment['X']"),
    advice(&["ex", "exs"], "System.fetch_env!(\"X\")"),
    advice(&["r", "rmd"], "Sys.getenv(\"X\")"),
    advice(&["jl"], "ENV[\"X\"]"),
    advice(&["lua"], "os.getenv(\"X\")"),
    advice(&["pl", "pm"], "$ENV{X}"),
    advice(&["c", "h", "cc", "cpp", "hpp", "cxx"], "getenv(\"X\")"),
];

/// The language of a file, by the ending of its name in lower case.
pub fn of(extension: &[u8]) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.extensions.iter().any(|known| known.as_bytes() == extension))
}

/// A lookup with the variable's name in it.
pub fn fill(lookup: &str, variable: &str) -> String {
    let small = variable.to_ascii_lowercase();
    lookup.replace("TF_VAR_x", &format!("TF_VAR_{small}")).replace('X', variable)
}
