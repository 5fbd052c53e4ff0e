//! What is needed to replace a literal in each language: its strings, its comments, and how it reads the environment.
//! Each language is one entry of the table.

/// One language.
#[derive(Debug)]
pub struct Language {
    /// The file name extensions.
    pub extensions: &'static [&'static str],
    /// The expression that reads a variable, for people; `X` stands for the variable.
    pub lookup: &'static str,
    /// The data for rewriting programs; `None` if people have to do it.
    pub literal: Option<Literal>,
}

/// How to replace string literals of a language.
#[derive(Debug)]
pub struct Literal {
    /// The expression that replaces a whole string; `X` stands for the variable.
    pub expression: &'static str,
    /// The kinds of strings; those with longer opening quotes come first.
    pub strings: &'static [Quote],
    /// Prefixes that belong to a string, before its opening quote.
    pub prefixes: &'static [&'static str],
    /// The starts of comments that end with the line.
    pub line_comments: &'static [&'static str],
    /// The start and the end of a block comment.
    pub block_comment: Option<(&'static str, &'static str)>,
    /// How to join strings, if only a part of a string is replaced.
    pub join: Join,
    /// What the file has to import.
    pub import: Import,
    /// Words that, before the literal on its line, show that an expression is not allowed there.
    pub refuse: &'static [&'static str],
}

/// A kind of string literal.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    /// The opening quote.
    pub open: &'static str,
    /// The closing quote.
    pub close: &'static str,
    /// Whether a backslash escapes the next character.
    pub escapes: bool,
    /// Whether it may contain line breaks.
    pub multiline: bool,
    /// For string interpolation: the start of an expression inside the string, and the whole expression with the
    /// lookup.
    pub interpolation: Option<(&'static str, &'static str)>,
}

/// How to join strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// With an operator: `("a" + b)`.
    Operator(&'static str),
    /// With Rust's `["a", &b].concat()`, which makes a `String`.
    Concat,
}

/// The import that the lookup needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import {
    /// Nothing.
    None,
    /// `import os` in Python.
    Python,
    /// `"os"` in Go.
    Go,
    /// `import Foundation` in Swift.
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

/// All known languages.
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

/// The language of a file extension (in lower case).
pub fn of(extension: &[u8]) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.extensions.iter().any(|known| known.as_bytes() == extension))
}

/// Inserts the name of the variable into a lookup.
pub fn fill(lookup: &str, variable: &str) -> String {
    let small = variable.to_ascii_lowercase();
    lookup.replace("TF_VAR_x", &format!("TF_VAR_{small}")).replace('X', variable)
}
