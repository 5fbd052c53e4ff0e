//! Which rules have an anchor here? A table over the first four bytes of all anchors, asked at each byte of a run.

use crate::rule::RuleSet;

/// Anchors of a rule set.
#[derive(Debug)]
pub(super) struct Anchors {
    /// A bit for each hash of four bytes with which an anchor can start.
    starts: Box<[u64; 1024]>,
    /// Sorted by key.
    probes: Vec<(u32, Probe)>,
    /// Anchors that hold a byte no run can hold: looked for where a run starts.
    leads: Vec<(Vec<u8>, Probe)>,
    /// Bytes in which such a lead ends.
    lead_ends: [bool; 256],
    /// Anchors that start with a byte no run can hold and end a key: looked for where a run ends.
    tails: Vec<Probe>,
    /// Bytes with which such a tail starts.
    tail_starts: [bool; 256],
}

/// An anchor of a rule.
#[derive(Clone, Debug)]
struct Probe {
    rule: usize,
    text: &'static [u8],
}

/// Bytes that keys are made of.
pub(super) fn in_key(byte: u8) -> bool {
    IN_KEY[byte as usize]
}

const IN_KEY: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'-');
        byte += 1;
    }
    table
};

fn hash(key: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

impl Anchors {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let mut anchors = Self {
            starts: Box::new([0; 1024]),
            probes: Vec::new(),
            leads: Vec::new(),
            lead_ends: [false; 256],
            tails: Vec::new(),
            tail_starts: [false; 256],
        };
        for (rule, compiled) in rules.rules().iter().enumerate() {
            let list: &'static [crate::rule::Text] = &compiled.rule.anchors;
            for anchor in list {
                let probe = Probe { rule, text: anchor.as_bytes() };
                if compiled.rule.lookback > 0 && !in_key(probe.text[0]) && probe.text[1..].iter().all(|&b| in_key(b)) {
                    anchors.tail_starts[probe.text[0] as usize] = true;
                    anchors.tails.push(probe);
                } else {
                    anchors.add(probe);
                }
            }
        }
        anchors.probes.sort_by_key(|(key, probe)| (*key, probe.rule));
        anchors
    }

    fn add(&mut self, probe: Probe) {
        let text = probe.text;
        if let Some(last) = text.iter().rposition(|&byte| !in_key(byte)) {
            self.lead_ends[text[last] as usize] = true;
            self.leads.push((text[..=last].to_vec(), probe));
        } else if let [a, b, c, d, ..] = *text {
            self.add_key([a, b, c, d], probe);
        } else if let [a, b, c] = *text {
            (0..=127).filter(|&byte| in_key(byte)).for_each(|d| self.add_key([a, b, c, d], probe.clone()));
        }
    }

    fn add_key(&mut self, start: [u8; 4], probe: Probe) {
        let key = u32::from_le_bytes(start);
        self.starts[hash(key) / 64] |= 1 << (hash(key) % 64);
        self.probes.push((key, probe));
    }

    /// Calls `found(rule, place)` for each anchor that starts in `from..to`, which holds bytes of keys only.
    pub(super) fn each(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(usize, usize)) {
        if from > 0 && self.lead_ends[text[from - 1] as usize] {
            for (lead, probe) in &self.leads {
                if text[..from].ends_with(lead) && text[from - lead.len()..].starts_with(probe.text) {
                    found(probe.rule, from - lead.len());
                }
            }
        }
        if to < text.len() && self.tail_starts[text[to] as usize] {
            for probe in self.tails.iter().filter(|probe| text[to..].starts_with(probe.text)) {
                found(probe.rule, to);
            }
        }
        self.inside(text, from, to, found);
    }

    /// The same for any bytes, without what stands left and right of them.
    pub(super) fn inside(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(usize, usize)) {
        for (i, window) in text[from..to].windows(4).enumerate() {
            let key = u32::from_le_bytes([window[0], window[1], window[2], window[3]]);
            if self.starts[hash(key) / 64] >> (hash(key) % 64) & 1 == 1 {
                self.probe(text, from + i, key, found);
            }
        }
    }

    #[cold]
    fn probe(&self, text: &[u8], at: usize, key: u32, found: &mut dyn FnMut(usize, usize)) {
        let first = self.probes.partition_point(|(other, _)| *other < key);
        for (_, probe) in self.probes[first..].iter().take_while(|(other, _)| *other == key) {
            if text[at..].starts_with(probe.text) {
                found(probe.rule, at);
            }
        }
    }
}
