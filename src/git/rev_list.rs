//! The commits of a range: what some commits reach and others do not, as `git rev-list` lists them.
//!
//! **Where the walk ends.** Once nothing new is waiting, what is left out may still turn out to reach something that was
//! listed. With the generation numbers of a commit-graph file it is known when that cannot be. Without them dates have
//! to do, and clocks go wrong: the walk goes on for a day before the oldest commit that is listed, and for twice the
//! largest error that it met. Should that not be enough, commits are listed that need not be, never too few.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::Id;
use super::ancestry::{Ancestry, Node, Order, UNKNOWN, missing};
use crate::core::error::Result;

/// How far dates are trusted, in seconds.
const DAY: i64 = 86_400;
/// So many commits are looked at after the walk could end by their dates.
const MORE: usize = 16;

const LISTED: u8 = 1;
const LEFT_OUT: u8 = 2;
const QUEUED: u8 = 4;
const DONE: u8 = 8;

/// Where a walk got to.
#[derive(Default)]
struct RevisionWalk {
    marks: Vec<u8>,
    queue: BinaryHeap<Order>,
    /// What was listed, and may yet be left out.
    listed: Vec<(u32, Vec<Id>)>,
    /// How many of those are not left out.
    left: usize,
    /// How many in the queue are to be listed.
    waiting: usize,
    /// The lowest generation and the earliest date of what was listed.
    lowest: Option<(u64, i64)>,
    /// The largest error of a clock.
    error: i64,
    more: usize,
}

impl Ancestry<'_> {
    /// The commits that are reachable from `include` and not from `exclude`: parents before their children, and of those
    /// that could come next, the oldest. Of `exclude`, tags are
    /// followed, and what is not here says nothing.
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

    /// Whether nothing in the queue, of which this comes first, can reach what was listed.
    fn is_over(&mut self, (generation, time, _): Order) -> bool {
        let Some((lowest, earliest)) = self.lowest else { return true };
        if generation != UNKNOWN {
            return generation < lowest;
        }
        // What is in a commit-graph file comes later in the queue and cannot reach what is in none.
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

    /// Leaves out a commit, and what is below it as far as the walk has been there.
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
