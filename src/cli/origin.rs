//! The origin of scanned content for SARIF: the URL of the repository, the commit and the branch.

use std::path::Path;

use bstr::{BStr, ByteSlice as _};

use super::output::masked;
use crate::core::error::Result;
use crate::git::refs::Lookup;
use crate::git::{Environment, Repository};
use crate::report::model::RepositoryOrigin;

/// The origin of a file or directory; `None` outside of repositories, and without a remote URL. Errors are ignored,
/// because they are reported where the content is read.
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

/// A remote URL without user name and password; `None` for a local path.
fn uri(address: &BStr) -> Option<String> {
    let address = address.to_str().ok().filter(|address| !address.contains(|c: char| c.is_control() || c == ' '))?;
    if let Some((scheme, rest)) = address.split_once("://") {
        let is_remote = matches!(scheme, "http" | "https" | "ssh" | "git");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        return is_remote.then(|| format!("{scheme}://{host}/{path}"));
    }
    // The form of ssh and scp. A single letter is a Windows drive.
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
