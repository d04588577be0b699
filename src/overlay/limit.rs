//! What overlays may ask for: how much is read, and what is refused or left open, as one table.

/// How many files one overlay may lead to, each counted as often as it is reached.
pub const FILES_MAX: usize = 2_000;
/// How many bytes those files may have together.
pub const BYTES_READ_MAX: usize = 32 << 20;
/// How many bytes one file may have that is parsed or edited.
pub const EDITED_BYTES_MAX: usize = crate::yaml::BYTES_MAX;
/// How often an image may be held against an entry of `images`, over all kustomizations of one overlay.
pub const MATCHES_MAX: usize = 5_000_000;
/// How deep one kustomization may lead to another.
pub const FOLDER_DEPTH_MAX: usize = 32;

macro_rules! limits {
    ($($kind:ident $name:ident = $id:literal, $what:literal, $way_out:literal;)*) => {
        /// Everything about overlays that is refused or left open.
        #[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Limit {
            $(#[doc = $what] $name,)*
        }

        impl Limit {
            /// The whole table, in the order in which people read it.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// A name that stays the same when the words change.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// What it is about, as in "Towpath does not support …".
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }

            /// What a person can do about it.
            #[must_use]
            pub const fn way_out(self) -> &'static str {
                match self { $(Self::$name => $way_out,)* }
            }

            /// What becomes of it.
            #[must_use]
            pub const fn kind(self) -> LimitKind {
                match self { $(Self::$name => LimitKind::$kind,)* }
            }
        }
    };
}

/// What Towpath does at a limit.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitKind {
    /// The overlay is not judged at all.
    Unread,
    /// The overlay is judged, and this is named as not certain.
    Uncertain,
    /// What runs is known, and this place is never edited.
    Unedited,
}

limits! {
    Unread NoKustomization = "no-kustomization", "a folder without a kustomization", "add one, or correct the path that leads here";
    Unread SeveralKustomizations = "several-kustomizations", "two kustomizations in one folder", "delete one of the two";
    Unread Empty = "empty", "a kustomization that is empty or no mapping", "write `resources:` and what belongs to it";
    Unread SeveralDocuments = "several-documents", "a kustomization, or a listed file of Helm values, of several documents, of which kustomize and Helm 3 read the first, and Helm 4 all", "keep one document in a file";
    Unread DuplicateKey = "duplicate-key", "a key that occurs twice", "delete one of the two";
    Unread Alias = "alias", "an alias (`*…`) or merge key (`<<`) in a kustomization", "write it out";
    Unread Malformed = "malformed", "an entry that is not what its key asks for", "write it as kustomize documents it";
    Unread ScalarType = "scalar-type", "a value of another type than kustomize needs: it reads YAML 1.1, where a plain `1.10` is a number and `y` a boolean", "put the value in quotes";
    Unread UnknownKey = "unknown-key", "a key that kustomize does not know", "correct the key, or remove it";
    Unread BadPattern = "bad-pattern", "an image name or `target` that is not a valid regular expression", "write a plain name, or correct the expression";
    Unread Template = "template", "a kustomization that is a template (`{{`, `{%`)", "keep what the template makes in the repository";
    Unread NotYaml = "not-yaml", "a kustomization that is not YAML, not UTF-8, has a NUL byte, more than 1 MiB, 128 levels or 10 000 aliases", "correct the file";
    Unread OutOfRepository = "out-of-repository", "a path that leads out of the repository", "keep what it needs inside of the repository";
    Unread NoFile = "no-file", "a path that leads nowhere", "correct the path, or add the file";
    Unread Obstacle = "obstacle", "a symbolic link or submodule on the way", "put a real file or folder there";
    Unread WrongKind = "wrong-kind", "a component listed as a resource, or the other way round", "list a `kind: Component` folder under `components`, all else under `resources`";
    Unread Circle = "circle", "kustomizations that lead to each other in a circle", "remove one of the links";
    Unread TooMuch = "too-much", "an overlay of more than 2 000 files, 32 MiB or 32 folders deep", "split the overlay";
    Uncertain Remote = "remote", "a base, component or transformer that lies in another place", "copy it into the repository";
    Uncertain Generator = "generator", "generators, functions and plugins, which make or change manifests elsewhere", "keep what they make in the repository";
    Uncertain HelmChart = "helm-chart", "`helmCharts`, and a `HelmChart` of k3s, which are rendered elsewhere", "keep what they render in the repository";
    Uncertain ManifestUnread = "manifest-unread", "a manifest that cannot be read, or has more than 16 MiB", "correct the file, or split it";
    Uncertain NotAnImage = "not-an-image", "an image that is not an image reference, such as a variable `$(…)`", "write the whole image, or give it a name and tag in `images`";
    Uncertain Substitution = "substitution", "an image with a variable `${…}`, which Flux fills in when it deploys (`postBuild`)", "write the version itself in the place of the variable";
    Uncertain PatchUnable = "patch", "a patch that kustomize refuses or that fits no resource, a `$patch: replace` of an item or a whole resource, or an item of a list without a name", "set the image in the `images` of the overlay instead";
    Uncertain ReplacementUnable = "replacement", "a replacement whose source or target cannot be made out, or that creates a field", "set the image in the `images` of the overlay instead";
    Uncertain TransformerUnable = "transformer", "transformers other than `ImageTagTransformer`, `PatchTransformer` and `ReplacementTransformer`", "set the image in the `images` of the overlay instead";
    Uncertain ConfigurationUnable = "configuration", "a configuration or custom schema (`configurations`, `openapi`) that cannot be read", "correct the file, or take images out of what it is about";
    Uncertain SeveralVersions = "several-versions", "an image that runs at two versions in one overlay", "set both with one entry of the overlay's own `images`";
    Uncertain Disagreement = "disagreement", "an image that is written twice with different tags, in files that no kustomization reads", "write the same in both places";
    Uncertain MarkerUnable = "marker", "a marker of Flux that breaks its grammar or is about no scalar on one line", "write `# {\"$imagepolicy\": \"namespace:name:tag\"}` behind the scalar";
    Uncertain FluxChooses = "flux-semver", "an `OCIRepository` with `semver`, or without a tag, where Flux itself chooses the version", "write a `tag` instead";
    Uncertain VersionRange = "version-range", "a chart whose version is a range, where Helm, Flux or Argo CD chooses the version", "write the exact version, such as `1.2.3`";
    Uncertain ValuesFrom = "values-from", "Helm values that come from an object of the cluster (`valuesFrom`)", "write the image under `values`, which wins";
    Uncertain ValuesOrder = "values-order", "Helm values files in one folder, or below it, that set the same image, since their order is not known", "list them in Helm's order under `values` in the configuration";
    Uncertain PartialImage = "partial-image", "a tag in Helm values without the name of its image", "list all values files under `values` in the configuration, or name the scalar under `set`";
    Uncertain UntaggedImage = "untagged-image", "an image in Helm values without a tag beside its name, where the chart decides which value holds the version", "name the scalar that holds the version with `set` in the configuration, or write the tag beside the name, if the chart reads it there";
    Uncertain SeveralValues = "values-documents", "Helm values of several documents, of which Helm 3 reads the first, and Helm 4 all", "keep one document in a file";
    Uncertain MergeKey = "merge-key", "a merge key (`<<`) in Helm values that brings a part of an image", "write that part beside the rest of the image";
    Uncertain UnquotedTag = "unquoted-tag", "a tag without quotes, in Helm values or in an object of Flux or Argo CD, that is read as a number, boolean or date: Helm renders `1.10` as `1.1`", "put the tag in quotes";
    Uncertain ObjectPatch = "object-patch", "patches or components in an object of Flux or Argo CD that may set an image (`patches`, `components`, `postRenderers`), or a pattern in its `images`", "set the image in `images` there";
    Uncertain SourceOverride = "argocd-source", "an image that `.argocd-source.yaml` or `.argocd-source-APP.yaml` sets beside a kustomization or values, since Argo CD applies that file last", "delete the entry from that file, and stop the tool that writes it, such as Argo CD Image Updater";
    Uncertain CustomImage = "custom-image", "a field of a custom resource that may be an image, such as `image`", "declare the scalar with `set` or a `marker` in the configuration, or name a field that holds a whole image with `configurations` in the kustomization";
    Uncertain ValueFiles = "value-files", "values files that an Argo CD `Application` (`valueFiles`, `fileParameters`) or a Flux `HelmRelease` (`valuesFiles`) names, which lie in the repository of its source", "name the folder of these files as `path` and the files under `values` in the configuration";
    Uncertain ValuesTemplate = "values-template", "a template of Helm values, such as `values.yaml.gotmpl`, which is filled in elsewhere", "keep what it makes in the repository, or name the scalar with a `marker`";
    Uncertain ValuesText = "values-text", "Helm values in a string that is not a literal block", "write them as a literal block, or as `valuesObject`";
    Uncertain DeclaredUnable = "declared", "a declared path that leads to no scalar", "correct `set` in the configuration, or add the scalar";
    Unedited DigestOnly = "digest-only", "a place that has room for a digest alone, where none is given", "write a tag there by hand";
    Unedited DigestBeside = "digest-beside", "a value that holds the old digest, beside the tag under a name that Towpath does not know, or elsewhere in the same values", "write it beside the tag as `digest`, name it and the tag with `set` in the configuration, or delete it";
    Unedited ChartLock = "chart-lock", "a dependency in `Chart.yaml` whose version is also in `Chart.lock`, or whose chart lies in `charts`", "change the version by hand and run `helm dependency update`, or delete the lock and the copy from the repository and let the deployment fetch the chart";
    Unedited Anchor = "anchor", "an entry or value with an anchor (`&…`), so that other places would change with it", "write it without the anchor";
    Unedited TagSuffix = "tag-suffix", "an entry with a `tagSuffix`", "put the suffix into `newTag` and delete it here";
    Unedited Pattern = "pattern", "an entry whose pattern matches several images", "give each image an entry of its own";
    Unedited Overridden = "overridden", "an image that a later step sets again", "set it where the trail of `towpath images --trail` ends";
    Unedited Shared = "shared", "an edit that would move another image or environment", "set the image by hand in the environment's own `images`";
    Unedited ObjectShared = "object-shared", "an image in an object of Flux or Argo CD, where the file that sets it is read by other environments too, and no patch of this environment can set it", "set it by hand with a patch in the environment's own kustomization";
    Unedited ValuesShared = "values-shared", "a Helm value that only a values file of several environments can set", "add a file of the environment's own, such as `values-{environment}.yaml`, at the end of `values`";
    Unedited Unsafe = "unsafe", "an edit that cannot be proven to change only what it should", "edit this place by hand";
}
