//! The commits of a range (reachable from some commits and not from others), as `git rev-list` lists them.
//!
//! **When the walk ends.** When no new commits are waiting, an excluded commit may still turn out to be an ancestor
//! of a listed one. The generation numbers of a commit-graph file show when that is impossible. Without them dates
//! are used, and clocks can be wrong: the walk continues until one day before the oldest listed commit, or twice the
//! largest clock error that it saw. If that is not enough, the list has too many commits, never too few.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::Id;
use super::ancestry::{Ancestry, Node, Order, UNKNOWN, missing};
use crate::core::error::Result;

/// How far commit dates are trusted at least, in seconds.
const DAY: i64 = 86_400;
/// How many more commits are examined after the walk could end by dates.
const MORE: usize = 16;

const LISTED: u8 = 1;
const LEFT_OUT: u8 = 2;
const QUEUED: u8 = 4;
const DONE: u8 = 8;

/// The state of a walk.
#[derive(Default)]
struct RevisionWalk {
    marks: Vec<u8>,
    queue: BinaryHeap<Order>,
    /// The listed commits with their parents; some may still be excluded.
    listed: Vec<(u32, Vec<Id>)>,
    /// How many of them are not excluded.
    left: usize,
    /// How many commits in the queue are to be listed.
    waiting: usize,
    /// The lowest generation number and the earliest date of the listed commits.
    lowest: Option<(u64, i64)>,
    /// The largest clock error that was seen, in seconds.
    error: i64,
    more: usize,
}

impl Ancestry<'_> {
    /// The commits that are reachable from `include` and not from `exclude`. Parents come before their children;
    /// otherwise the oldest comes first. Tags in `exclude` are followed, and missing objects in it are ignored.
    pub fn list(&mut self, include: &[Id], exclude: &[Id]) -> Result<Vec<Node>> {
        self.trusting(|ancestry| {
            let mut walk = RevisionWalk::default();
            for &id in exclude {
                if let Some(at) = ancestry.peeled(id)? {
                    walk.leave_out(ancestry, at)?;
                }
            }
            for &id in include {
                let at = ancestry.tip(id)?;
                walk.include(ancestry, at);
            }
            walk.run(ancestry)?;
            Ok(walk.sorted(ancestry))
        })
    }
}

impl RevisionWalk {
    fn run(&mut self, ancestry: &mut Ancestry<'_>) -> Result<()> {
        while let Some(&next) = self.queue.peek() {
            if self.waiting == 0 && (self.left == 0 || self.is_over(next)) {
                break;
            }
            self.queue.pop();
            let (generation, time, at) = next;
            let mark = self.mark(at);
            *mark = *mark & !QUEUED | DONE;
            if *mark & LEFT_OUT != 0 {
                for parent in self.parents(ancestry, at, time)? {
                    self.leave_out(ancestry, parent)?;
                }
                continue;
            }
            self.waiting -= 1;
            self.left += 1;
            let lowest = self.lowest.get_or_insert((generation, time));
            *lowest = (lowest.0.min(generation), lowest.1.min(time));
            let named = ancestry.true_parents(at)?;
            let child = ancestry.known(at).id;
            for &id in &named {
                if ancestry.place(id)?.is_none() {
                    return Err(missing(id, &format!("it is not in the repository, but commit {child} names it")));
                }
            }
            for parent in self.parents(ancestry, at, time)? {
                self.include(ancestry, parent);
            }
            self.listed.push((at, named));
        }
        Ok(())
    }

    /// Whether no commit in the queue, of which this is the first, can be a descendant of a listed one.
    fn is_over(&mut self, (generation, time, _): Order) -> bool {
        let Some((lowest, earliest)) = self.lowest else { return true };
        if generation != UNKNOWN {
            return generation < lowest;
        }
        // Commits in a commit-graph file come later in the queue, and cannot be descendants of commits outside of it.
        let trusted = self.error.saturating_mul(2).max(DAY);
        let is_old = lowest == UNKNOWN && time < earliest.saturating_sub(trusted);
        self.more = if is_old { self.more + 1 } else { 0 };
        self.more > MORE
    }

    fn parents(&mut self, ancestry: &mut Ancestry<'_>, at: u32, time: i64) -> Result<Vec<u32>> {
        let parents = ancestry.parents(at)?;
        for &parent in &parents {
            self.error = self.error.max(ancestry.known(parent).time.saturating_sub(time));
        }
        Ok(parents)
    }

    fn mark(&mut self, at: u32) -> &mut u8 {
        let at = at as usize;
        if self.marks.len() <= at {
            self.marks.resize(at + 1, 0);
        }
        &mut self.marks[at]
    }

    fn include(&mut self, ancestry: &Ancestry<'_>, at: u32) {
        let mark = self.mark(at);
        let is_new = *mark & (QUEUED | DONE) == 0;
        *mark |= LISTED;
        if is_new {
            *mark |= QUEUED;
            self.waiting += 1;
            self.queue.push(ancestry.order(at));
        }
    }

    /// Excludes a commit, and those of its ancestors that the walk has already visited.
    fn leave_out(&mut self, ancestry: &mut Ancestry<'_>, at: u32) -> Result<()> {
        let mut below = vec![at];
        while let Some(at) = below.pop() {
            let mark = self.mark(at);
            let before = *mark;
            *mark |= LEFT_OUT;
            if before & LEFT_OUT != 0 {
                continue;
            }
            if before & DONE != 0 {
                self.left -= 1;
                below.extend(ancestry.parents(at)?);
            } else if before & QUEUED != 0 {
                self.waiting -= 1;
            } else {
                *self.mark(at) |= QUEUED;
                self.queue.push(ancestry.order(at));
            }
        }
        Ok(())
    }

    fn sorted(self, ancestry: &Ancestry<'_>) -> Vec<Node> {
        let marks = self.marks;
        let mut nodes: Vec<(u32, Vec<Id>)> = self.listed;
        nodes.retain(|(at, _)| marks[*at as usize] & LEFT_OUT == 0);
        let places: HashMap<Id, usize> =
            nodes.iter().enumerate().map(|(at, node)| (ancestry.known(node.0).id, at)).collect();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        let mut waiting = vec![0_usize; nodes.len()];
        for (at, (_, parents)) in nodes.iter().enumerate() {
            for &parent in parents.iter().filter_map(|id| places.get(id)) {
                children[parent].push(at);
                waiting[at] += 1;
            }
        }
        let key = |at: usize| {
            let known = ancestry.known(nodes[at].0);
            Reverse((known.time, known.id, at))
        };
        let mut ready: BinaryHeap<_> = (0..nodes.len()).filter(|&at| waiting[at] == 0).map(key).collect();
        let mut sorted = Vec::with_capacity(nodes.len());
        while let Some(Reverse((_, id, at))) = ready.pop() {
            sorted.push(Node { id, parents: nodes[at].1.clone() });
            for &child in &children[at] {
                waiting[child] -= 1;
                if waiting[child] == 0 {
                    ready.push(key(child));
                }
            }
        }
        sorted
    }
}
