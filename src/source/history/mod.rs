//! Everything a git repository keeps, read at the speed of its packs.

mod catalog;
mod loose;
mod map;
mod object;
mod oid;
mod pack;
mod read;
mod refs;
mod repo;
mod store;
mod trees;
mod walk;

/// bench
pub fn bench(repo: &std::path::Path, threads: usize, scan: &(dyn Fn(&[u8]) -> Vec<crate::scan::Match> + Sync)) {
    let t = std::time::Instant::now();
    let store = store::Store::open(&repo.join("objects"), &[]);
    let catalog = catalog::Catalog::of(&store);
    eprintln!("catalog {} {:?}", catalog.len(), t.elapsed());
    let collector = crate::source::Collector::default();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let r = read::read(&catalog, &read::Scope { scan, wanted: &|_, _| true, collector: &collector, stop: &stop, threads });
    eprintln!("read {:?} commits {} tags {} hits {} {:?}", collector.so_far(), r.commits.len(), r.tags.len(), r.hits.len(), t.elapsed());
    let names = trees::Names::default();
    for targets in [false, true] {
    let t = std::time::Instant::now();
    let always = |_: u32| false;
    let aim = trees::Aim { catalog: &catalog, targets: if targets { Some(&always) } else { None }, counts: &|_| true, names: &names };
    let wanted = |n: u32| catalog.kind(n) == Some(oid::Kind::Tree);
    let vs = walk::Walk::new(catalog.members(), &wanted, &stop).run((0..threads).map(|_| trees::Trees::new(&aim)).collect());
    let edges: usize = vs.iter().map(|v| v.edges.iter().map(|e| e.1.len()).sum::<usize>()).sum();
    let mut ps: Vec<usize> = vs.iter().flat_map(|v| v.edges.iter().map(|e| e.1.as_ptr() as usize)).collect(); let n = ps.len(); ps.sort(); ps.dedup();
    eprintln!("trees {} missing {} edges {} in {} distinct {} failed {} gitlink {:?} {:?}", vs.iter().map(|v| v.count).sum::<u64>(), vs.iter().map(|v| v.missing.len()).sum::<usize>(), edges, n, ps.len(), vs.iter().map(|v| v.failed.len()).sum::<usize>(), vs[0].has_gitlink, t.elapsed());
    }
}
