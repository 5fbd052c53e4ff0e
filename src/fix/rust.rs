//! Which expression may replace a string literal in Rust: a lookup makes a `String`, while a literal is a `&'static
//! str`.

use bstr::ByteSlice as _;

use super::lexis::is_word;

/// Method calls that turn a literal into a `String`; the lookup is one already.
const OWNS: &[&[u8]] = &[b".to_string()", b".to_owned()", b".into()"];
/// Macros that accept only literals.
const LITERALS: &[&str] = &["concat", "env", "option_env", "matches", "include_str", "include_bytes", "include"];
/// How far back to search for the start of a macro call, in bytes.
const REACH: usize = 4096;

/// An expression with the type of the literal, made from one that is a `String`.
pub(super) fn fitted(before: &[u8], after: &[u8], owned: String) -> String {
    let after = after.trim_ascii_start();
    if before.ends_with(b"String::from(") || OWNS.iter().any(|call| after.starts_with(call)) {
        return owned;
    }
    if before.trim_ascii_end().ends_with(b": &str =") && after.starts_with(b";") {
        return format!("&{owned}");
    }
    // It is evaluated once and lives as long as the literal would.
    let leaked = format!("&*{owned}.leak()");
    if matches!(after.first(), Some(b'.' | b'[' | b'?')) { format!("({leaked})") } else { leaked }
}

/// The reason, if an expression is not allowed there.
pub(super) fn refused(before: &[u8], after: &[u8]) -> Option<&'static str> {
    let line = before.rfind_byte(b'\n').map_or(before, |end| &before[end + 1..]);
    let rest = after.lines().next().unwrap_or_default();
    let until = rest.find_byteset(b";{").unwrap_or(rest.len());
    let behind = rest.trim_ascii_start().trim_start_with(|close| close == ')').trim_ascii_start();
    let binds = line.contains_str("let ") && behind.starts_with(b"=") && !behind.starts_with(b"==");
    if rest[..until].contains_str("=>") || binds {
        return Some("a pattern takes no variable: compare with it instead");
    }
    is_in_macro(before).then_some("only a literal is allowed there")
}

/// Whether the string is an argument of a macro that accepts only literals, or the format string of any macro.
fn is_in_macro(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(REACH)..];
    let mut depth = 0usize;
    let mut has_string = false;
    for (at, byte) in near.iter().enumerate().rev() {
        match byte {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' if depth > 0 => depth -= 1,
            b'(' => {
                let Some(name) = near[..at].strip_suffix(b"!") else { return false };
                let start = name.iter().rposition(|byte| !is_word(*byte)).map_or(0, |end| end + 1);
                let name = name[start..].to_str_lossy();
                return !has_string || LITERALS.contains(&&*name) || name.contains("assert");
            }
            b'[' | b'{' => return false,
            b'"' => has_string = true,
            _ => {}
        }
    }
    false
}
