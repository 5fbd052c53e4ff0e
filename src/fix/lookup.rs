//! The advice for each kind of file: how to read a key from the environment instead of writing it there.

use std::path::Path;

use bstr::ByteSlice;

use super::language;

/// The replacement for a key in this file; if the language allows it, an expression to paste.
pub fn lookup(path: &[u8], variable: &str) -> String {
    let name = path.rsplit_str("/").next().unwrap_or(path).to_ascii_lowercase();
    let extension = name.rfind_byte(b'.').map_or(&b""[..], |dot| &name[dot + 1..]);
    if name.starts_with(b".env") || extension == b"env" || name.starts_with(b".envrc") {
        return "keep this file out of git (.gitignore), and commit a .env.example without values".into();
    }
    if name.starts_with(b"dockerfile") || name.ends_with(b".dockerfile") || name == b"containerfile" {
        return format!("RUN --mount=type=secret,id={variable}, or set {variable} when the container starts");
    }
    if path.contains_str(".github/workflows/") && matches!(extension, b"yml" | b"yaml") {
        return format!("${{{{ secrets.{variable} }}}}");
    }
    let known = language::of(extension);
    known.map_or_else(
        || format!("the environment variable {variable}"),
        |language| language::fill(language.lookup, variable),
    )
}

/// Whether a file is meant to hold an environment: `.env`, `.env.local`, `prod.env`, but not `.env.example`.
pub fn is_environment(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let template = ["example", "sample", "template", "dist"].iter().any(|word| name.ends_with(word));
    !template && (name == ".env" || name.starts_with(".env.") || name.ends_with(".env") || name == ".envrc")
}

/// The variable that a provider's own tools read.
pub fn variable(provider: &str) -> String {
    match provider {
        "" => "API_KEY".into(),
        "huggingface" => "HF_TOKEN".into(),
        "replicate" => "REPLICATE_API_TOKEN".into(),
        "google" | "google-ai" | "gemini" => "GEMINI_API_KEY".into(),
        "azure" | "azure-openai" => "AZURE_OPENAI_API_KEY".into(),
        "github" => "GITHUB_TOKEN".into(),
        other => format!("{}_API_KEY", other.to_ascii_uppercase().replace(['-', '.', ' '], "_")),
    }
}

/// The variable before a value on its line, if it looks like one: `MY_KEY = "…"`, `"MY_KEY": "…"`.
pub fn name_before(text: &[u8], at: usize) -> Option<String> {
    let before = text.get(..at)?;
    let line = before.rfind_byteset(b"\n\r").map_or(before, |end| &before[end + 1..]);
    let line = line.trim_end_with(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
    let line = line.strip_suffix(b"=").or_else(|| line.strip_suffix(b":"))?;
    let line = line.trim_end_with(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '=' | ':' | ']'));
    let start = line.iter().rposition(|&byte| !byte.is_ascii_alphanumeric() && byte != b'_').map_or(0, |at| at + 1);
    let name = line.get(start..)?;
    let upper = name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
    let begins = name.first().is_some_and(u8::is_ascii_uppercase);
    (upper && begins && (3..=64).contains(&name.len())).then(|| name.to_str_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_reads_the_environment_in_its_own_way() {
        for (path, expected) in [
            ("a.py", "os.environ[\"OPENAI_API_KEY\"]"),
            ("x/A.TSX", "process.env.OPENAI_API_KEY"),
            ("main.go", "os.Getenv(\"OPENAI_API_KEY\")"),
            ("main.rs", "std::env::var(\"OPENAI_API_KEY\")"),
            ("A.java", "System.getenv(\"OPENAI_API_KEY\")"),
            ("A.kt", "System.getenv(\"OPENAI_API_KEY\")"),
            ("A.cs", "Environment.GetEnvironmentVariable(\"OPENAI_API_KEY\")"),
            ("a.rb", "ENV.fetch(\"OPENAI_API_KEY\")"),
            ("a.php", "getenv('OPENAI_API_KEY')"),
            ("run.sh", "\"${OPENAI_API_KEY:?}\""),
            ("docker-compose.yml", "${OPENAI_API_KEY}"),
            (".github/workflows/ci.yml", "${{ secrets.OPENAI_API_KEY }}"),
            ("main.tf", "a variable with sensitive = true, set as TF_VAR_openai_api_key"),
            ("n.ipynb", "os.environ[\"OPENAI_API_KEY\"], and clear the cell's outputs"),
            (".env.local", "keep this file out of git (.gitignore), and commit a .env.example without values"),
            ("README", "the environment variable OPENAI_API_KEY"),
        ] {
            assert_eq!(lookup(path.as_bytes(), &variable("openai")), expected, "{path}");
        }
    }
}
