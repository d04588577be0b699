//! What people wrote: every key of the configuration, documented, with the place of every value.
//!
//! These tables are the only list of keys. The schema that `towpath schema` prints and the reader both come
//! from them.

mod number;
mod registry;
mod select;
mod shape;
mod text;
mod word;

pub(super) use number::{Count, Identity, Version};
pub(super) use registry::{CloudName, Credentials, FilePath, Hooks, Registry, SecretSource};
pub(super) use select::{Select, SelectRule};
pub(super) use shape::{List, Map};
pub(super) use text::{Folder, HostName, Ledger, Listen, Name, PathTemplate, Period, ScalarPath, Url};
pub(super) use word::ForgeKind;

use schemars::JsonSchema;

use super::document::{SourceValue, ValueKind};
use super::located::Located;
use super::reader::{Read, Reader};
use crate::model::{
    BranchName, EnvironmentName, ForgeName, GroupName, ImageName, Marker, MergeMethod, MergeMode, OnNewer,
    Pattern, PipelineName, Platform, Principal, RepositoryName, RepositoryPattern, ServiceName, SoakCounts,
    TeamName, Together, UserName, WriteMode,
};
use shape::{case_schema, choice, key, only_entry, shape};

shape! {
    /// The configuration of Towpath.
    File {
        required {
            /// The version of this format: 1.
            #[expect(dead_code, reason = "there is one version, and reading it checks it")]
            version: Version,
        }
        optional {
            /// The address of the HTTP server; default `127.0.0.1:8080`.
            listen: Listen,
            /// The host names under which `/metrics` may be read, such as `towpath.example.com`; default: none. IP addresses,
            /// names without a dot, `*.localhost` and names inside a cluster (`*.svc`, `*.cluster.local`, `*.internal`) are
            /// always allowed; a port and a dot behind a name do not matter. Other names get 421, so that no web page can read it through a browser (DNS rebinding). `/healthz` and hooks
            /// are answered under any name.
            hosts: List<HostName>,
            /// Where Towpath keeps its index: `sqlite:PATH`, relative to this file; default
            /// `sqlite:towpath.db`. It can be deleted: Git and the forge hold the truth.
            ledger: Ledger,
            /// The forges that hold the config repositories.
            forges: List<Forge>,
            /// Registries that need settings of their own; all others are asked over https every 5 minutes.
            registries: List<Registry>,
            /// The pipelines that releases go through.
            pipelines: List<Pipeline>,
            /// Who may use which verbs, by environment. Where nobody is named for a right, here or by an approvals gate, whoever
            /// may write to the config repository has it on GitHub, and nobody on a local forge.
            rights: Map<EnvironmentName, EnvironmentRights>,
            /// The services that Towpath promotes.
            services: List<Service>,
        }
    }
}

shape! {
    /// A forge: where config repositories and their changes are.
    Forge {
        required {
            /// The name by which services refer to it.
            name: ForgeName,
            /// What kind of forge it is: `local` for bare Git repositories on disk, `github` for GitHub and
            /// GitHub Enterprise Server.
            kind: ForgeKind,
        }
        optional {
            /// `local` only, and needed there: the folder of the repositories, relative to this file; they lie
            /// at `<root>/<owner>/<name>.git`.
            root: Folder,
            /// `local` only: teams and who is in them, such as `acme/sre: [alice, bob]`. A `github` forge knows
            /// its teams itself.
            teams: Map<TeamName, List<UserName>>,
            /// The name under which Towpath acts; default `towpath` for `local`; a `github` forge is asked for
            /// it, which the token of a GitHub Actions job may not do (there, write `github-actions[bot]`).
            bot: UserName,
            /// `github` only: the address of the REST interface; default `https://api.github.com`. On GitHub
            /// Enterprise Server it ends in `/api/v3`.
            url: Url,
            /// `github` only: a personal access token. It needs write access to contents, pull requests and
            /// commit statuses, and read access to the members of the organization where teams approve.
            token: SecretSource,
            /// `github` only: a GitHub App, instead of a token.
            app: App,
            /// `github` only: the repositories that Towpath may use, such as `acme/*` or `acme/deploy`; default:
            /// those that the services name, and to compare source code, those of images that the bot may read.
            repositories: List<RepositoryPattern>,
            /// `github` only: where the secrets of its webhook are; any of them proves where an event comes from, so
            /// one can be replaced without a gap. The webhook's address ends in `/hooks/github/` and the name of this
            /// forge, its content type is `application/json`. Without secrets Towpath takes no events, and looks once
            /// a minute; with them, every five minutes.
            webhook_secrets: List<SecretSource>,
            /// `github` only: how pull requests are merged; default: the first of these that the repository allows.
            merge_method: MergeMethod,
            /// `github` only: whether each landing is shown among the deployments of the config repository, as
            /// `<environment>/<service>`; default: true. It takes the permission to write deployments; without it
            /// nothing else is kept from working.
            deployments: bool,
        }
    }
}

shape! {
    /// A GitHub App.
    App {
        required {
            /// The number of the App.
            id: Identity,
            /// Its private key, in PEM form.
            private_key: SecretSource,
        }
        optional {
            /// The number of the installation; by default it is looked up for each repository.
            installation: Identity,
        }
    }
}

shape! {
    /// A graph of environments that releases go through.
    Pipeline {
        required {
            /// The name by which services refer to it.
            name: PipelineName,
            /// The environments, in any order.
            environments: List<Environment>,
        }
        optional {}
    }
}

shape! {
    /// One environment of a pipeline.
    Environment {
        required {
            /// Its name, which replaces `{environment}` in paths.
            name: EnvironmentName,
        }
        optional {
            /// The environments in which a release must have landed before; without it new releases come here
            /// first.
            after: After,
            /// The conditions on the way in, all of which must pass.
            gates: List<Gate>,
            /// Who merges the change: a person (`manual`, the default) or the bot once all gates pass
            /// (`auto`).
            merge: MergeMode,
            /// What a newer release does to an open change: it takes its place (`replace`, the default) or
            /// waits for it (`finish`).
            on_newer: OnNewer,
        }
    }
}

choice! {
    /// How many of the environments before count.
    AfterChoice {
        /// A release must have landed in every one of these.
        all => All(List<EnvironmentName>),
        /// A release must have landed in at least one of these.
        any => Any(List<EnvironmentName>),
    }
}

/// The environments before: a list of names (all of them), or `all` or `any` with a list.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(super) enum After {
    /// All of these.
    List(List<EnvironmentName>),
    /// With the mode written out.
    Choice(AfterChoice),
}

impl Read for After {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        let read = match reader.shape(spot) {
            ValueKind::List(_) => List::read(reader, spot).map(Self::List),
            ValueKind::Map(_) => AfterChoice::read(reader, spot).map(Self::Choice),
            shape @ (ValueKind::Nothing | ValueKind::PlainScalar(_) | ValueKind::Alias) => {
                reader.wrong(spot, "a list of environments, such as `[dev]`", &shape)
            }
        };
        // Whatever was meant, something comes before: an environment with a bad `after` is no first one.
        Some(read.unwrap_or(Self::List(List { items: Vec::new(), is_complete: false })))
    }
}

choice! {
    /// One condition on the way into an environment.
    Gate {
        /// How long a release must have been in the environments before.
        soak => Soak(Soak),
        /// How many people must have approved the change.
        approvals => Approvals(Approvals),
    }
}

shape! {
    /// A soak with all its settings.
    LongSoak {
        required {
            /// How long, such as `24h` or `1d12h`.
            r#for: Period,
        }
        optional {
            /// What counts: the time since it landed (`landed`, the default), or only while nothing newer may
            /// replace it (`running`).
            counts: SoakCounts,
        }
    }
}

/// A soak: how long, such as `24h`, or `for` and `counts`.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(super) enum Soak {
    /// Only how long.
    Short(Period),
    /// With all settings.
    Long(LongSoak),
}

impl Read for Soak {
    fn read(reader: &mut Reader<'_>, spot: SourceValue) -> Option<Self> {
        match reader.shape(spot) {
            ValueKind::Map(_) => LongSoak::read(reader, spot).map(Self::Long),
            ValueKind::Nothing | ValueKind::PlainScalar(_) | ValueKind::List(_) | ValueKind::Alias => {
                Period::read(reader, spot).map(Self::Short)
            }
        }
    }
}

shape! {
    /// The approvals that a change needs.
    Approvals {
        required {
            /// How many different people.
            count: Count,
            /// Who may approve: `@owner/team` for everybody in a team, `@code-owners` for whoever owns a file that
            /// is changed, as `CODEOWNERS` at the base branch says, else a user; they also get the right `approve`.
            from: List<Principal>,
        }
        optional {}
    }
}

shape! {
    /// Who may do what in one environment.
    EnvironmentRights {
        required {}
        optional {
            /// Who may ask for promotions. Where this is left out, whoever may write to the config repository, if the forge
            /// knows permissions; so for each right that nobody is named for.
            promote: List<Principal>,
            /// Who may approve and reject. Whoever may promote or approve may also hold and resume.
            approve: List<Principal>,
            /// Who may do everything else; at the moment no command takes this right.
            operate: List<Principal>,
        }
    }
}

shape! {
    /// What is deployed and owned as a unit.
    Service {
        required {
            /// Its name, which replaces `{service}` in paths.
            name: ServiceName,
            /// The pipeline it goes through.
            pipeline: PipelineName,
            /// Its images. Several are several lines, `<service>-<image>`, each with its own change, unless
            /// `together` says otherwise.
            images: List<Image>,
            /// Where its overlays are.
            config: Config,
        }
        optional {
            /// The name under which its changes are found; default: the name of the service.
            group: GroupName,
            /// Which artifacts of its images make one release: none (`independent`, the default), those of one
            /// tag (`same-tag`), or those built from one commit (`same-revision`).
            together: Together,
            /// How long ago the youngest artifact of a release must have been made, so that all that belongs to it
            /// is there; default `0s`.
            quiet: Period,
            /// Whether the ranges under `select` take pre-releases too, unless an image says otherwise; default: false.
            prereleases: bool,
            /// What of an artifact is written: tag and digest (`digest`, the default), or the tag alone (`tag`). With
            /// `tag` what runs may change when the tag is pushed anew.
            write: WriteMode,
            /// Whether the version in the address of a remote resource (`ref`, or a part of the path) moves in the same
            /// change as the tag that it equals, with or without a leading `v`, where owner or repository are those of
            /// the image; default `false`, and the change says that it stays.
            follow_ref: bool,
            /// The Helm values files of an environment, in the order in which Helm merges them: a later file wins.
            /// They are relative to `path`; `{environment}` and `{service}` stand for their names.
            values: List<PathTemplate>,
        }
    }
}

shape! {
    /// An image, and which of its tags are releases.
    Image {
        required {
            /// The image without tag, such as `ghcr.io/acme/shop`.
            image: ImageName,
            /// Which tags are releases, and which is newer.
            select: Select,
        }
        optional {
            /// Regular expressions of which a tag must match one; default: every tag will do.
            allow: List<Pattern>,
            /// Regular expressions of which a tag must match none.
            ignore: List<Pattern>,
            /// The platforms that an artifact must run on, such as `linux/arm64`; default: any will do.
            platforms: List<Platform>,
        }
    }
}

shape! {
    /// A scalar to set: a tag, a digest, or a whole reference, as stands there now.
    SetScalar {
        required {
            /// The file, relative to `path`; `{environment}` and `{service}` stand for their names.
            file: PathTemplate,
            /// The way to the scalar, such as `spec.images[0].tag`.
            path: ScalarPath,
        }
        optional {}
    }
}

shape! {
    /// Where the overlays of a service are.
    Config {
        required {
            /// The forge that holds the repository.
            forge: ForgeName,
            /// The repository, as `owner/name`.
            repository: RepositoryName,
            /// The folder of an overlay, or a file; `{environment}` and `{service}` stand for their names.
            path: PathTemplate,
        }
        optional {
            /// The policy of Flux, such as `flux-system:shop`, whose markers name the scalars; then they are
            /// looked for in all files below `path`.
            marker: Marker,
            /// The scalars to set, where no format tells: files are relative to `path`.
            set: List<SetScalar>,
            /// The branch that is rolled out; default `main`.
            branch: BranchName,
        }
    }
}
