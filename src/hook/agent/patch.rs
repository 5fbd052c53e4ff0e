//! The patches of `apply_patch`: `*** Update File: a`, then lines that start with `+`, `-` or a space.

use super::Edit;

/// Whether a text contains such a patch.
pub(super) fn is_patch(text: &str) -> bool {
    text.contains("*** Begin Patch")
}

/// The edits of a patch: for each file the old lines and the new ones.
pub(super) fn edits(patch: &str) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for line in patch.lines() {
        let header = line.trim_start().strip_prefix("*** ");
        if let Some(header) = header {
            if let Some(path) = header.strip_prefix("Add File: ") {
                edits.push(Edit { path: path.trim().into(), old: None, new: String::new() });
            } else if let Some(path) = header.strip_prefix("Update File: ") {
                edits.push(Edit { path: path.trim().into(), old: Some(String::new()), new: String::new() });
            } else if let (Some(path), Some(last)) = (header.strip_prefix("Move to: "), edits.last_mut()) {
                last.path = path.trim().into();
            }
            continue;
        }
        let Some(edit) = edits.last_mut() else { continue };
        let add = |text: &mut String, line: &str| {
            text.push_str(line);
            text.push('\n');
        };
        if let Some(added) = line.strip_prefix('+') {
            add(&mut edit.new, added);
        } else if let Some(removed) = line.strip_prefix('-') {
            edit.old.iter_mut().for_each(|old| add(old, removed));
        } else {
            let kept = line.strip_prefix(' ').unwrap_or(line);
            edit.old.iter_mut().for_each(|old| add(old, kept));
            add(&mut edit.new, kept);
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::{Edit, edits};

    #[test]
    fn a_patch_is_its_lines_before_and_after() {
        let patch = "*** Begin Patch\n*** Update File: a.py\n@@ def f\n x\n-old\n+new\n*** Add File: b\n+1\n+2\n\
                     *** Delete File: c\n*** End Patch\n";
        assert_eq!(
            edits(patch),
            [
                Edit { path: "a.py".into(), old: Some("@@ def f\nx\nold\n".into()), new: "@@ def f\nx\nnew\n".into() },
                Edit { path: "b".into(), old: None, new: "1\n2\n".into() },
            ]
        );
    }
}
