//! Where what was scanned comes from, as SARIF asks for it: the repository's address, the commit and the branch.

use std::path::Path;

use bstr::{BStr, ByteSlice as _};

use super::output::masked;
use crate::core::error::Result;
use crate::git::refs::Lookup;
use crate::git::{Environment, Repository};
use crate::report::model::RepositoryOrigin;

/// The origin of a file or of what is in a directory; `None` outside of a repository, and in one that has no remote with an address.
/// It is a remark: a repository that cannot be read is an error where its content is needed.
pub(super) fn of(target: &Path) -> Option<RepositoryOrigin> {
    let directory = if target.is_file() { target.parent()? } else { target };
    let repository = Repository::discover(directory, &Environment::for_another()).ok()?;
    let addresses = repository.config.settings().filter(|setting| setting.is("remote", "url"));
    let addresses: Vec<(bool, Vec<u8>)> =
        addresses.map(|setting| (setting.subsection.as_deref() == Some(b"origin"), setting.value())).collect();
    let by_name = addresses.iter().find(|(is_origin, _)| *is_origin).or(addresses.first());
    let address = uri(by_name?.1.as_bstr())?;
    let (revision, branch) = head(&repository).unwrap_or_default();
    let shown = |text: String| masked(text.as_bytes()).to_str_lossy().into_owned();
    Some(RepositoryOrigin { repository: shown(address), revision, branch: branch.map(shown) })
}

fn head(repository: &Repository) -> Result<(Option<String>, Option<String>)> {
    let refs = Lookup::new(repository);
    let branch = refs.symbolic("HEAD")?.map(|name| name.to_str_lossy().into_owned());
    let branch = branch.map(|name| name.strip_prefix("refs/heads/").map(str::to_owned).unwrap_or(name));
    Ok((refs.object("HEAD".into())?.map(|id| id.to_string()), branch))
}

/// An address as a URI without a user's name and password; `None` for a path on this machine.
fn uri(address: &BStr) -> Option<String> {
    let address = address.to_str().ok().filter(|address| !address.contains(|c: char| c.is_control() || c == ' '))?;
    if let Some((scheme, rest)) = address.split_once("://") {
        let is_remote = matches!(scheme, "http" | "https" | "ssh" | "git");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        return is_remote.then(|| format!("{scheme}://{host}/{path}"));
    }
    // As ssh and scp write it. One letter is a drive.
    let (host, path) = address.split_once(':').filter(|(host, _)| host.len() > 1 && !host.contains(['/', '\\']))?;
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    Some(format!("ssh://{host}/{}", path.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_uris_without_passwords() {
        for (address, expected) in [
            ("https://git.example/a/b.git", Some("https://git.example/a/b.git")),
            ("https://user:word@git.example/a/b?token=x#y", Some("https://git.example/a/b")),
            ("ssh://git@git.example:22/a", Some("ssh://git.example:22/a")),
            ("git@git.example:a/b.git", Some("ssh://git.example/a/b.git")),
            ("https://user@word@git.example", Some("https://git.example/")),
            ("../b.git", None),
            ("/srv/b.git", None),
            ("C:\\b.git", None),
            ("file:///srv/b.git", None),
            ("https://a b/", None),
        ] {
            assert_eq!(uri(address.into()).as_deref(), expected, "{address}");
        }
    }
}
