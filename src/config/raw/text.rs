//! Single values: what may be written, what it becomes, and what it looks like in the schema.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::document::{PlainScalar, SourceValue, ValueKind};
use crate::config::mask::without_user;
use crate::config::reader::{Read, Reader};
use crate::model::{
    BranchName, EnvironmentName, ForgeName, GroupName, ImageName, Marker, Pattern, PipelineName, Platform,
    Principal, RepositoryName, RepositoryPattern, Selection, ServiceName, Tag, TeamName, UserName,
    parse_duration,
};

/// What the names of services, environments and so on look like.
const SLUG: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$";
/// What the names of teams and repositories look like.
const OWNER_AND_NAME: &str = "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$";

/// The address of an interface over HTTP, without a slash at its end.
#[derive(Clone, Debug)]
pub(in crate::config) struct Url(pub(in crate::config) String);

/// A length of time.
#[derive(Copy, Clone, Debug)]
pub(in crate::config) struct Period(pub(in crate::config) Duration);

/// A registry's host, with its port where it has one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) struct Host(pub(in crate::config) String);

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a registry is called in an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) struct Name(pub(in crate::config) String);

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of an HTTP header.
#[derive(Clone, Debug)]
pub(in crate::config) struct HeaderName(pub(in crate::config) String);

/// A host name without a port.
#[derive(Clone, Debug)]
pub(in crate::config) struct HostName(pub(in crate::config) String);

/// An address to listen on.
#[derive(Copy, Clone, Debug)]
pub(in crate::config) struct Listen(pub(in crate::config) SocketAddr);

/// Where the ledger is: the path of an SQLite file.
#[derive(Clone, Debug)]
pub(in crate::config) struct Ledger(pub(in crate::config) String);

/// A folder on disk.
#[derive(Clone, Debug)]
pub(in crate::config) struct Folder(pub(in crate::config) String);

/// The path of the overlays in a repository, with `{environment}` and perhaps `{service}`.
#[derive(Clone, Debug)]
pub(in crate::config) struct PathTemplate(pub(in crate::config) String);

/// A layout of calendar versions, proven to be one.
#[derive(Clone, Debug)]
pub(in crate::config) struct Layout(pub(in crate::config) Selection);

/// A regular expression with named groups.
#[derive(Clone, Debug)]
pub(in crate::config) struct Expression(pub(in crate::config) String);

/// The name of a group in an expression.
#[derive(Clone, Debug)]
pub(in crate::config) struct GroupOfPattern(pub(in crate::config) String);

/// The way to a scalar in a file.
#[derive(Clone, Debug)]
pub(in crate::config) struct ScalarPath(pub(in crate::config) String);

/// A value that is written as one text.
pub(super) trait Text: Sized {
    /// What it is, with its article.
    const WHAT: &'static str;
    /// What it looks like, as a regular expression that takes at least every legal value.
    const PATTERN: &'static str;
    /// Takes the text.
    fn parse(text: &str) -> Result<Self, String>;
    /// What to write instead of a number; `None` if the number itself in quotes may be right.
    fn instead_of_number(_number: &str) -> Option<String> {
        None
    }
}

macro_rules! text {
    ($($type:ident: $what:literal, $pattern:expr, $parse:expr $(, $instead:expr)?;)+) => {$(
        impl Text for $type {
            const WHAT: &'static str = $what;
            const PATTERN: &'static str = $pattern;

            fn parse(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Result<Self, String> = $parse;
                parse(text)
            }

            $(fn instead_of_number(number: &str) -> Option<String> {
                let instead: fn(&str) -> String = $instead;
                Some(instead(number))
            })?
        }

        impl Read for $type {
            fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
                read_text(reader, spot)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": Self::PATTERN })
            }
        }
    )+};
}
pub(super) use text;

text! {
    ForgeName: "a forge name", SLUG, from_str;
    PipelineName: "a pipeline name", SLUG, from_str;
    EnvironmentName: "an environment name", SLUG, from_str;
    ServiceName: "a service name", SLUG, from_str;
    GroupName: "a group name", SLUG, from_str;
    Marker: "a marker", "^[^:]+:[^:]+$", from_str;
    UserName: "a user name", r"^[A-Za-z0-9._\[\]][A-Za-z0-9._\[\]-]{0,62}$", from_str;
    TeamName: "a team name", OWNER_AND_NAME, from_str;
    RepositoryName: "a repository name", OWNER_AND_NAME, repository;
    BranchName: "a branch name", r"^[^\s~^:?*\\\[]+$", from_str;
    ImageName: "an image name", "^[A-Za-z0-9._:/-]+$", image;
    Principal: "a user name, or `@` and a team name", "^@?[A-Za-z0-9._/\\[\\]-]+$", principal;
    Selection: "a range of versions", "^.+$", |text| Selection::semver(text).map_err(|error| error.to_string());
    Platform: "a platform", "^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?$", from_str;
    Tag: "a tag", "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", from_str;
    Layout: "a layout of versions", "^.+$", |text| Selection::calver(text).map(Layout).map_err(|error| error.to_string()), as_layout;
    Pattern: "a regular expression", "^.+$", |text| Pattern::new(text).map_err(|error| error.to_string());
    Expression: "a regular expression", "^.+$", |text| Pattern::new(text).map(|_| Expression(text.to_owned())).map_err(|error| error.to_string());
    GroupOfPattern: "the name of a group", "^[A-Za-z_][A-Za-z0-9_]*$", group_of_pattern;
    Period: "a duration", "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$", period, with_units;
    Host: "a registry's host", r"^[A-Za-z0-9.-]+(:[0-9]+)?$", host;
    Name: "a registry's name", "^[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}$", name;
    HeaderName: "the name of a header", "^[A-Za-z0-9-]+$", header;
    HostName: "a host name", "^[A-Za-z0-9.-]+$", host_name;
    Listen: "an address to listen on", r"^.+:[0-9]+$", listen, with_host;
    Ledger: "where the ledger is", "^sqlite:.+$", ledger;
    Folder: "a folder", "^.+$", folder;
    Url: "an address", "^https?://.+$", url;
    RepositoryPattern: "a repository, or an owner and `/*`", r"^[A-Za-z0-9._-]+/([A-Za-z0-9._-]+|\*)$", repository_pattern;
    ScalarPath: "the way to a scalar", "^.+$", scalar_path;
    PathTemplate: "a path inside the repository", "^.+$", |text| Ok(PathTemplate(text.to_owned()));
}

pub(super) fn read_text<T: Text>(reader: &mut Reader<'_>, spot: SourceValue) -> Option<T> {
    if let ValueKind::PlainScalar(PlainScalar::Number(number)) = reader.shape(spot)
        && let Some(way_out) = T::instead_of_number(number)
    {
        reader.findings.suggest(
            spot.span,
            format!("expected {}, found the number {number}", T::WHAT),
            way_out,
        );
        return None;
    }
    let text = reader.text(spot, T::WHAT)?;
    match T::parse(text) {
        Ok(value) => Some(value),
        Err(message) => {
            reader.findings.add(spot.span, message);
            None
        }
    }
}

fn from_str<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// Forges leave out the ending of a bare repository's folder.
fn repository(text: &str) -> Result<RepositoryName, String> {
    match text.strip_suffix(".git") {
        Some(name) => Err(format!("`{text}` ends with `.git`; leave that out and write `{name}`")),
        None => from_str(text),
    }
}

/// An image name has no tag: which tags are taken is what `select` says.
fn image(text: &str) -> Result<ImageName, String> {
    let last = text.rsplit('/').next().unwrap_or_default();
    if text.contains('@') || (text.contains('/') && last.contains(':')) {
        return Err(format!(
            "`{text}` has a tag or digest; leave it out, `select` says which tags are taken"
        ));
    }
    from_str(text)
}

fn principal(text: &str) -> Result<Principal, String> {
    match text.strip_prefix('@') {
        Some(_) if text == Principal::CODE_OWNERS => Ok(Principal::CodeOwners),
        Some(team) if !team.contains('/') => Err(format!(
            "`{text}` is not a team; write a team as `@owner/team`, and a user without `@`, as `{team}`"
        )),
        Some(team) => from_str(team).map(Principal::Team),
        None if text.contains('/') => {
            Err(format!("`{text}` is not a user name; for a team, write `@{text}`"))
        }
        None => from_str(text).map(Principal::User),
    }
}

/// A port alone: on all interfaces only where that is said.
fn with_host(port: &str) -> String {
    format!("write the address before the port: `127.0.0.1:{port}`, or `0.0.0.0:{port}` for all interfaces")
}

/// A version in place of the layout of versions.
fn as_layout(_version: &str) -> String {
    "write the layout of the versions, such as `YYYY.0M.MICRO`".to_owned()
}

fn with_units(number: &str) -> String {
    format!("write the unit behind it: `{number}s`, `{number}m`, `{number}h` or `{number}d`")
}

fn period(text: &str) -> Result<Period, String> {
    parse_duration(text).map(Period).map_err(|error| error.to_string())
}

fn group_of_pattern(text: &str) -> Result<GroupOfPattern, String> {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        Ok(GroupOfPattern(text.to_owned()))
    } else {
        Err(format!("`{text}` is not the name of a group"))
    }
}

fn scalar_path(text: &str) -> Result<ScalarPath, String> {
    let path: Result<crate::yaml::Path, _> = text.parse();
    path.map(|_| ScalarPath(text.to_owned())).map_err(|error| error.to_string())
}

fn host(text: &str) -> Result<Host, String> {
    let (name, port) = text.split_once(':').map_or((text, "443"), |(name, port)| (name, port));
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    if is_name && port.parse::<u16>().is_ok() {
        return Ok(Host(text.to_owned()));
    }
    Err(format!(
        "`{text}` is not a registry's host; write for example `ghcr.io` or `127.0.0.1:5000`, without `https://`"
    ))
}

/// The parts of an address need no escapes where a name has none of these characters.
fn name(text: &str) -> Result<Name, String> {
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || ".:_-".contains(c));
    if starts_well && is_plain && text.len() <= 128 {
        return Ok(Name(text.to_owned()));
    }
    Err(format!(
        "`{text}` is not a registry's name; it has at most 128 letters, digits, `.`, `:`, `_` or `-`"
    ))
}

fn header(text: &str) -> Result<HeaderName, String> {
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Ok(HeaderName(text.to_owned()));
    }
    Err(format!("`{text}` is not the name of a header; write for example `X-Api-Key`"))
}

fn host_name(text: &str) -> Result<HostName, String> {
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)) {
        return Ok(HostName(text.to_owned()));
    }
    Err(format!(
        "`{text}` is not a host name; write for example `towpath.example.com`, without `https://` and port"
    ))
}

fn listen(text: &str) -> Result<Listen, String> {
    let message = || format!("`{text}` is not an address with a port; write for example `127.0.0.1:8080`");
    text.parse().map(Listen).map_err(|_| message())
}

fn ledger(text: &str) -> Result<Ledger, String> {
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(Ledger(path.to_owned())),
        Some(_) | None => {
            Err(format!("`{text}` is not a ledger; write `sqlite:` and a path, such as `sqlite:towpath.db`"))
        }
    }
}

fn folder(text: &str) -> Result<Folder, String> {
    if text.is_empty() {
        Err("the path of the folder is empty".to_owned())
    } else {
        Ok(Folder(text.to_owned()))
    }
}

/// The address of an interface. In clear only to this machine: a token goes with every request.
fn url(text: &str) -> Result<Url, String> {
    let text = text.trim_end_matches('/');
    let to_here = ["http://127.0.0.1", "http://localhost", "http://[::1]"].into_iter().any(|here| {
        text.strip_prefix(here).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    if text.contains('@') {
        let text = without_user(text);
        return Err(format!(
            "`{text}` names a user; write the address alone, and how the bot logs in under `token` or `app`"
        ));
    }
    let is_plain = !text.contains(['?', '#']) && !text.contains(char::is_whitespace);
    if text.starts_with("http://") && !to_here {
        return Err(format!("`{text}` would carry the token in clear; write `https://`"));
    }
    let is_secure = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty());
    if !(is_plain && (is_secure || to_here)) {
        return Err(format!("`{text}` is not an address; write for example `https://api.github.com`"));
    }
    if matches!(text, "https://github.com" | "https://www.github.com") {
        return Err(format!("`{text}` is for people; the interface is at `https://api.github.com`"));
    }
    Ok(Url(text.to_owned()))
}

fn repository_pattern(text: &str) -> Result<RepositoryPattern, String> {
    RepositoryPattern::new(text).ok_or_else(|| {
        format!("`{text}` is not a repository; write `owner/name`, or `owner/*` for all of an owner")
    })
}
