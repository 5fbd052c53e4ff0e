//! The columns of SQLite's tables, whose statements are kept in each database file.

use std::ops::Range;

use super::alphabet::in_name;
use super::steps;

/// The names of a table's columns.
pub(super) type TableColumns = Vec<Range<usize>>;

/// The columns of the tables that statements in `text` create.
pub(super) fn tables(text: &[u8]) -> Vec<TableColumns> {
    const MOST_TABLES: usize = 256;
    const LONGEST: usize = 4000;
    steps::count(text.len());
    let statements = memchr::memmem::find_iter(text, b"CREATE TABLE ").take(MOST_TABLES);
    let columns = statements.map(|at| {
        let statement = &text[at..text.len().min(at + LONGEST)];
        let Some(open) = memchr::memchr(b'(', statement) else { return Vec::new() };
        let (mut depth, mut names, mut start) = (0_usize, Vec::new(), open + 1);
        for (index, &byte) in statement.iter().enumerate().skip(open) {
            match byte {
                b'(' => depth += 1,
                b')' | b',' if depth == 1 => {
                    names.extend(
                        column_name(&statement[start..index])
                            .map(|name| at + start + name.start..at + start + name.end),
                    );
                    start = index + 1;
                    if byte == b')' {
                        break;
                    }
                }
                b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        names
    });
    columns.filter(|names| !names.is_empty()).collect()
}

/// The name of a column in its definition; `None` if it defines a constraint.
fn column_name(definition: &[u8]) -> Option<Range<usize>> {
    let start = definition.iter().position(|&byte| in_name(byte))?;
    let length = definition[start..].iter().take_while(|&&byte| in_name(byte)).count();
    let name = &definition[start..start + length];
    let constraints: [&[u8]; 5] = [b"PRIMARY", b"UNIQUE", b"FOREIGN", b"CHECK", b"CONSTRAINT"];
    (!constraints.iter().any(|word| name.eq_ignore_ascii_case(word))).then_some(start..start + length)
}
