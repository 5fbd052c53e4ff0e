//! What a value is assigned or passed to, which says whether it can be a key at all.

use std::ops::Range;

use super::identifier::VariableName;

/// The kind of name that a value is assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The name of a credential.
    Credential,
    /// The name of a credential that is usually of another kind: `secret`, `password`.
    Secret,
    /// The table column or list of a credential.
    Label,
    /// A generic name: `value`, `default`.
    Nothing,
    /// A function or constructor.
    Callee,
    /// The name of a provider and nothing else.
    Provider,
    /// A row of which the columns have no names.
    Row,
}

/// What a value is assigned to.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    /// The byte range of the name.
    pub(super) name: Option<Range<usize>>,
    pub(super) identifier: VariableName,
    pub(super) holder: Holder,
}

impl Owner {
    /// The owner of a value without a name.
    pub(super) fn unknown() -> Self {
        Self { name: None, identifier: VariableName::of(b""), holder: Holder::Nothing }
    }
}

/// The value cannot be a key, because of what it is assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unowned {
    /// Whether that depends on text above the value's line.
    pub(super) is_above: bool,
    /// Whether that says that it is an id or a checksum.
    pub(super) is_id: bool,
}
