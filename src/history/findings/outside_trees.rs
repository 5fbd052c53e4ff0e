//! Findings in what no commit's tree has: names of references, and blobs that only the index or a tag names.

use std::collections::HashMap;
use std::sync::Arc;

use bstr::{BString, ByteSlice as _};

use super::{FindingBuilder, empty, history};
use crate::core::finding::{History, Location, Part};
use crate::core::narrow::narrow;
use crate::git::{Id, Kind};
use crate::history::commit_graph::{HEAD, LOG, REF, REMOTE};
use crate::history::content_pass::ObjectHit;
use crate::history::introducing::Occurrences;
use crate::history::secrets::Secrets;

impl FindingBuilder<'_> {
    /// Scans the names of references, and reports each finding with the object that the reference names.
    pub(in crate::history) fn report_in_ref_names(&mut self) {
        for place in 0..self.refs.list.len() {
            let (name, id) = &self.refs.list[place];
            let node = self.graph.tips[place].node;
            if self.audit.selected.is_some() && !node.is_some_and(|node| self.audit.is_selected(node as usize)) {
                continue;
            }
            for found in self.policy.scan(name) {
                let mask = node.map_or(0, |node| self.graph.nodes[node as usize].reach);
                let mut commit =
                    node.map_or_else(|| empty(id.to_string(), None), |node| (*self.commit(node).0).clone());
                commit.id = id.to_string();
                let remote = if self.refs.is_remote(name) { REMOTE } else { 0 };
                let refs = self.ref_names(&[narrow(place)]);
                let mut mask = (mask & !(HEAD | REMOTE)) | REF | remote;
                if self.refs.head_name.as_ref() == Some(name) {
                    mask |= HEAD;
                }
                let history = History { refs, refs_total: 1, ..history(mask, 0) };
                self.report_without_path(found, Part::Ref, Arc::new(commit), history);
            }
        }
        let dangling = self.refs.dangling.iter().filter(|_| self.audit.selected.is_none());
        for (name, found) in
            dangling.flat_map(|name| self.policy.scan(name).into_iter().map(move |found| (name, found)))
        {
            let mut finding = found.at(Location { part: Some(Part::Ref), ..Location::default() });
            let refs = vec![name.to_str_lossy().into_owned()];
            finding.history = Some(History { refs, ..history(REF, 0) });
            self.collector.finding(finding);
        }
    }

    /// Blobs with findings that are at no path of any commit, with the paths that they have in the index.
    pub(in crate::history) fn blobs_without_path(
        &self,
        hits: &[ObjectHit],
        occurrences: &Occurrences,
    ) -> Vec<(u32, Vec<BString>)> {
        let at_paths = occurrences.objects();
        let blobs = hits.iter().filter(|hit| hit.kind == Kind::Blob).map(|hit| hit.number);
        let others: Vec<u32> = blobs.filter(|blob| !at_paths.contains(blob)).collect();
        if others.is_empty() {
            return Vec::new();
        }
        let mut staged: HashMap<Id, Vec<BString>> = HashMap::new();
        let mut errors = Vec::new();
        for (path, id) in self.audit.repository.staged_everywhere(&mut errors) {
            staged.entry(id).or_default().push(path);
        }
        errors.into_iter().for_each(|error| self.audit.unscanned.report_once(error));
        others.into_iter().map(|blob| (blob, staged.remove(&self.index.id(blob)).unwrap_or_default())).collect()
    }

    /// Reports the findings in a blob that is in no tree, under its paths in the index if it has any.
    pub(in crate::history) fn report_in_blob(&mut self, blob: u32, secrets: &Secrets, paths: &[BString]) {
        let places = self.graph.tips.iter().enumerate().filter(|(_, tip)| tip.blob == Some(blob));
        let list: Vec<u32> = places.map(|(place, _)| narrow(place)).collect();
        let logged = if self.graph.logged.contains(&blob) { LOG } else { 0 };
        let mask = if list.is_empty() { logged } else { REF };
        let commit = Arc::new(empty(self.index.id(blob).to_string(), Some(Kind::Blob)));
        let locations: Vec<Location> = if paths.is_empty() {
            vec![Location::default()]
        } else {
            paths.iter().map(|path| Location { path: Some(path.clone()), ..Location::default() }).collect()
        };
        for item in secrets.in_blob(blob) {
            for location in &locations {
                let Some(key) = secrets.key(blob, item) else { continue };
                let location = Location { path: location.path.clone(), ..key.location() };
                let mut finding = key.found.clone().at(location);
                finding.commit = Some(commit.clone());
                let refs = self.ref_names(&list);
                finding.history = Some(History { refs, refs_total: list.len(), ..history(mask, 0) });
                self.collector.finding(finding);
            }
        }
    }
}
