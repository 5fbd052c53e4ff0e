//! Evidence for whose key a value is: the sum of what supports a rule. If the value's name belongs to somebody else, a
//! higher sum is needed; the value is not excluded.

use std::fmt;

/// A kind of evidence for a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Witness {
    /// The name that the value is assigned to.
    Name,
    /// A host name or URL of the provider.
    Host,
    /// The function or constructor that the value is an argument of.
    Call,
    /// The section, object or group that it is in.
    Section,
    /// The statement or line that it is in, or a setting next to it.
    Beside,
    /// An imported module.
    Import,
}

impl Witness {
    const COUNT: usize = 6;

    const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Host => "host",
            Self::Call => "call",
            Self::Section => "section",
            Self::Beside => "beside",
            Self::Import => "import",
        }
    }
}

/// The evidence for one rule: the highest weight of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    weights: [u8; Witness::COUNT],
    /// The sum that is needed.
    pub(super) needed: u8,
}

impl Evidence {
    const ALL: [Witness; Witness::COUNT] =
        [Witness::Name, Witness::Host, Witness::Call, Witness::Section, Witness::Beside, Witness::Import];

    /// Nothing yet, of which so much is needed.
    pub(super) fn of_needed(needed: u8) -> Self {
        Self { needed, ..Self::default() }
    }

    /// The sum of the weights.
    pub fn sum(&self) -> u8 {
        self.weights.iter().sum()
    }

    /// Whether the sum is high enough.
    pub(super) fn is_enough(&self) -> bool {
        self.sum() >= self.needed
    }

    /// Whether it is as strong as the provider's own variable name.
    pub(super) fn is_strong(&self) -> bool {
        const STRONG: u8 = 8;
        self.sum() >= STRONG
    }

    /// Adds a witness; of each kind the one with the highest weight counts.
    pub(super) fn add(&mut self, witness: Witness, weight: u8) {
        let held = &mut self.weights[witness as usize];
        *held = weight.max(*held);
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = Self::ALL.into_iter().filter(|witness| self.weights[*witness as usize] > 0);
        let parts: Vec<String> =
            held.map(|witness| format!("{} {}", witness.as_str(), self.weights[witness as usize])).collect();
        let sum = if parts.len() == 1 { String::new() } else { format!(" = {}", self.sum()) };
        let parts = if parts.is_empty() { "nothing".to_owned() } else { parts.join(" + ") };
        write!(f, "{parts}{}, {} needed", if self.sum() == 0 { "" } else { &sum }, self.needed)
    }
}
