//! How a key is used at its place: its variable, how it is sent, and who else can read it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::names::lowercase_names;

/// How a key is used at its place, as far as the surrounding text shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The variable, field or header whose value the key is: `OPENAI_API_KEY`.
    pub name: Option<String>,
    /// What sends the key to its service, if it is more than a plain value.
    pub carrier: Option<Carrier>,
    /// What kind of content the key is in, if it is not plain text.
    pub form: Option<KeyForm>,
    /// Why people who cannot read the repository may be able to read the key.
    pub exposure: Option<Exposure>,
}

/// How a key is sent to its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// In the header of an HTTP request.
    Header,
    /// In the query string of a URL.
    UrlQuery,
    /// As the user or password of a URL.
    UrlUserinfo,
}

lowercase_names!(Carrier { Header => "header", UrlQuery => "url-query", UrlUserinfo => "url-userinfo" });

/// The kind of content that a key is in, if it is not plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum KeyForm {
    /// A program or a binary data format.
    Binary,
    /// The output of a notebook cell.
    NotebookOutput,
}

lowercase_names!(KeyForm { Binary => "binary", NotebookOutput => "notebook-output" });

/// How a key reaches the users of a product, even if they cannot read the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Exposure {
    /// The variable's name tells the build to put its value into client code: `NEXT_PUBLIC_`.
    PublicName,
    /// The code configures a client to run in browsers.
    BrowserClient,
    /// A script bundle built for browsers.
    Bundle,
    /// A source map of such a bundle.
    SourceMap,
    /// A web page.
    Html,
    /// The files of a browser extension.
    Extension,
    /// Resources or build settings of an Android app.
    Android,
    /// Property lists of an iOS or macOS app.
    Ios,
    /// Assets of a Flutter or Unity app.
    AppAssets,
    /// Firebase's configuration of an app, which is public by design.
    Firebase,
}

lowercase_names!(Exposure {
    PublicName => "public-name", BrowserClient => "browser-client", Bundle => "bundle", SourceMap => "source-map",
    Html => "html", Extension => "extension", Android => "android", Ios => "ios", AppAssets => "app-assets",
    Firebase => "firebase",
});
