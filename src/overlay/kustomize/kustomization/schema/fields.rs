//! The keys of a kustomization and the types of their values, as a table.

/// The type of a field.
#[derive(Copy, Clone, Debug)]
pub(super) enum Type {
    Text,
    Flag,
    Whole,
    /// Any YAML.
    Any,
    ListOf(&'static Self),
    MapOf(&'static Self),
    Object(&'static [(&'static str, Self)]),
}

use Type::{Any, Flag, ListOf, MapOf, Object, Text as Word, Whole};

/// The keys of an object, each with the type of its value.
pub(super) type Fields = &'static [(&'static str, Type)];

const WORDS: Type = ListOf(&Word);
const PAIRS: Type = MapOf(&Word);

/// The keys of a kustomization.
pub(super) const KUSTOMIZATION: Fields = &[
    ("apiVersion", Word),
    ("kind", Word),
    ("metadata", Object(METADATA)),
    ("openapi", PAIRS),
    ("namePrefix", Word),
    ("nameSuffix", Word),
    ("namespace", Word),
    ("commonLabels", PAIRS),
    ("labels", ListOf(&Object(LABEL))),
    ("commonAnnotations", PAIRS),
    ("patchesStrategicMerge", WORDS),
    ("patchesJson6902", ListOf(&Object(PATCH))),
    ("patches", ListOf(&Object(PATCH))),
    ("images", ListOf(&Object(IMAGE))),
    ("imageTags", ListOf(&Object(IMAGE))),
    ("replacements", ListOf(&Object(REPLACEMENT))),
    ("replicas", ListOf(&Object(&[("name", Word), ("count", Whole)]))),
    ("vars", ListOf(&Object(VARIABLE))),
    ("sortOptions", Object(SORT_OPTIONS)),
    ("resources", WORDS),
    ("components", WORDS),
    ("crds", WORDS),
    ("bases", WORDS),
    ("configMapGenerator", ListOf(&Object(CONFIG_MAP))),
    ("secretGenerator", ListOf(&Object(SECRET))),
    ("helmGlobals", Object(&[("chartHome", Word), ("configHome", Word)])),
    ("helmCharts", ListOf(&Object(HELM_CHART))),
    ("helmChartInflationGenerator", ListOf(&Object(OLD_HELM_CHART))),
    ("generatorOptions", Object(GENERATOR_OPTIONS)),
    ("configurations", WORDS),
    ("generators", WORDS),
    ("transformers", WORDS),
    ("validators", WORDS),
    ("buildMetadata", WORDS),
];

const METADATA: Fields = &[("name", Word), ("namespace", Word), ("labels", PAIRS), ("annotations", PAIRS)];

const LABEL: Fields = &[
    ("pairs", PAIRS),
    ("includeSelectors", Flag),
    ("includeTemplates", Flag),
    ("fields", ListOf(&Object(FIELD_SPEC))),
];

const FIELD_SPEC: Fields =
    &[("group", Word), ("version", Word), ("kind", Word), ("path", Word), ("create", Flag)];

const PATCH: Fields =
    &[("path", Word), ("patch", Word), ("target", Object(SELECTOR)), ("options", MapOf(&Flag))];

const SELECTOR: Fields = &[
    ("group", Word),
    ("version", Word),
    ("kind", Word),
    ("name", Word),
    ("namespace", Word),
    ("labelSelector", Word),
    ("annotationSelector", Word),
];

const IMAGE: Fields =
    &[("name", Word), ("newName", Word), ("tagSuffix", Word), ("newTag", Word), ("digest", Word)];

const REPLACEMENT: Fields = &[
    ("path", Word),
    ("source", Object(REPLACEMENT_SOURCE)),
    ("sourceValue", Word),
    ("targets", ListOf(&Object(REPLACEMENT_TARGET))),
];

const REPLACEMENT_SOURCE: Fields = &[
    ("group", Word),
    ("version", Word),
    ("kind", Word),
    ("name", Word),
    ("namespace", Word),
    ("fieldPath", Word),
    ("options", Object(FIELD_OPTIONS)),
];

const REPLACEMENT_TARGET: Fields = &[
    ("select", Object(SELECTOR)),
    ("reject", ListOf(&Object(SELECTOR))),
    ("fieldPaths", WORDS),
    ("options", Object(FIELD_OPTIONS)),
];

const FIELD_OPTIONS: Fields = &[("delimiter", Word), ("index", Whole), ("encoding", Word), ("create", Flag)];

const VARIABLE: Fields =
    &[("name", Word), ("objref", Object(VARIABLE_SOURCE)), ("fieldref", Object(&[("fieldPath", Word)]))];

const VARIABLE_SOURCE: Fields = &[
    ("apiVersion", Word),
    ("group", Word),
    ("version", Word),
    ("kind", Word),
    ("name", Word),
    ("namespace", Word),
];

const SORT_OPTIONS: Fields =
    &[("order", Word), ("legacySortOptions", Object(&[("orderFirst", WORDS), ("orderLast", WORDS)]))];

const CONFIG_MAP: Fields = &[
    ("name", Word),
    ("namespace", Word),
    ("behavior", Word),
    ("literals", WORDS),
    ("files", WORDS),
    ("envs", WORDS),
    ("env", Word),
    ("options", Object(GENERATOR_OPTIONS)),
];

const SECRET: Fields = &[
    ("name", Word),
    ("namespace", Word),
    ("behavior", Word),
    ("literals", WORDS),
    ("files", WORDS),
    ("envs", WORDS),
    ("env", Word),
    ("options", Object(GENERATOR_OPTIONS)),
    ("type", Word),
];

const GENERATOR_OPTIONS: Fields =
    &[("labels", PAIRS), ("annotations", PAIRS), ("disableNameSuffixHash", Flag), ("immutable", Flag)];

/// `digest` is newer than 5.7.
const HELM_CHART: Fields = &[
    ("name", Word),
    ("version", Word),
    ("digest", Word),
    ("repo", Word),
    ("releaseName", Word),
    ("namespace", Word),
    ("additionalValuesFiles", WORDS),
    ("valuesFile", Word),
    ("valuesInline", MapOf(&Any)),
    ("valuesMerge", Word),
    ("includeCRDs", Flag),
    ("skipHooks", Flag),
    ("apiVersions", WORDS),
    ("kubeVersion", Word),
    ("nameTemplate", Word),
    ("skipTests", Flag),
    ("debug", Flag),
    ("devel", Flag),
];

const OLD_HELM_CHART: Fields = &[
    ("chartName", Word),
    ("chartVersion", Word),
    ("chartRepoUrl", Word),
    ("chartHome", Word),
    ("chartRepoName", Word),
    ("helmBin", Word),
    ("helmHome", Word),
    ("values", Word),
    ("valuesLocal", MapOf(&Any)),
    ("valuesMerge", Word),
    ("releaseName", Word),
    ("releaseNamespace", Word),
    ("extraArgs", WORDS),
];
