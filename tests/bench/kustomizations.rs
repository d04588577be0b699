//! Kustomizations as teams write them, made up but always the same ones.

use std::fmt::Write as _;

/// How many files there are.
const FILES: usize = 240;
/// As in the generator of the MMIX computer.
const MULTIPLIER: u64 = 6_364_136_223_846_793_005;

/// A kustomization with the numbers of its `images`.
pub(crate) struct Kustomization {
    pub(crate) text: String,
    pub(crate) images: usize,
}

/// Half a kilobyte in the median, some of them many times as large, in several manners of layout.
pub(crate) fn all() -> Vec<Kustomization> {
    let mut random = Random(42);
    (0..FILES).map(|_| one(&mut random)).collect()
}

/// The manifests that such kustomizations list: two documents each, with comments, flow lists and a literal block.
pub(crate) fn manifests() -> Vec<String> {
    (0..FILES).map(manifest).collect()
}

fn manifest(number: usize) -> String {
    let container = format!(
        "          - name: main # the one that serves\n            image: ghcr.io/acme/service-{number}:v1.{number}.0\n\
         \x20           args: [\"--port\", \"8080\"]\n            env:\n              - name: LEVEL\n                value: 'info'\n\
         \x20           command:\n            - sh\n            - -c\n            - |\n              migrate --all\n              exec serve\n"
    );
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: service-{number}\n  labels: {{app: service-{number}}}\n\
         spec:\n  replicas: {number}\n  selector:\n    matchLabels:\n      app: service-{number}\n  template:\n    metadata:\n\
         \x20     labels:\n        app: service-{number}\n    spec:\n      containers:\n{container}---\napiVersion: v1\nkind: Service\n\
         metadata:\n  name: service-{number}\nspec:\n  ports:\n  - port: 80\n    targetPort: 8080\n"
    )
}

struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(1);
        (self.0 >> 33) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

fn one(random: &mut Random) -> Kustomization {
    let dash = if random.one_in(2) { "  - " } else { "- " };
    let mut text = String::new();
    if random.one_in(3) {
        text.push_str("---\n# yaml-language-server: $schema=https://json.schemastore.org/kustomization\n");
    }
    text.push_str("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n");
    if random.one_in(2) {
        text.push_str("namespace: shop-production\n");
    }
    list(&mut text, "resources", dash, 1 + random.below(12), |n| format!("../../base/part-{n}"));
    if random.one_in(3) {
        list(&mut text, "components", dash, 1 + random.below(3), |n| format!("../../components/extra-{n}"));
    }
    let images_max = if random.one_in(8) { 30 } else { 4 };
    let images = 1 + random.below(images_max);
    text.push_str("images:\n");
    for image in 0..images {
        push_image(&mut text, dash, image, random);
    }
    if random.one_in(2) {
        push_patches(&mut text, dash, 1 + random.below(3));
    }
    if random.one_in(4) {
        push_generator(&mut text, dash, 1 + random.below(20));
    }
    Kustomization { text, images: usize::try_from(images).expect("it is small") }
}

fn list(text: &mut String, key: &str, dash: &str, count: u64, item: impl Fn(u64) -> String) {
    writeln!(text, "{key}:").expect("a String takes all");
    for number in 0..count {
        writeln!(text, "{dash}{}", item(number)).expect("a String takes all");
    }
}

fn push_image(text: &mut String, dash: &str, number: u64, random: &mut Random) {
    let indent = " ".repeat(dash.len());
    writeln!(text, "{dash}name: registry.example.com/acme/service-{number}").expect("a String takes all");
    if random.one_in(2) {
        writeln!(text, "{indent}newName: ghcr.io/acme/service-{number}").expect("a String takes all");
    }
    let (minor, quote) = (random.below(40), if random.one_in(2) { "\"" } else { "" });
    let comment = if random.one_in(4) { " # pinned by ops" } else { "" };
    writeln!(text, "{indent}newTag: {quote}v1.{minor}.0{quote}{comment}").expect("a String takes all");
}

fn push_patches(text: &mut String, dash: &str, count: u64) {
    let indent = " ".repeat(dash.len());
    text.push_str("patches:\n");
    for number in 0..count {
        let lines = [
            format!("{dash}target:\n"),
            format!("{indent}  kind: Deployment\n{indent}  name: service-{number}\n"),
            format!("{indent}patch: |-\n{indent}  - op: replace\n"),
            format!("{indent}    path: /spec/replicas\n{indent}    value: {number}\n"),
        ];
        text.push_str(&lines.concat());
    }
}

fn push_generator(text: &mut String, dash: &str, literals: u64) {
    let indent = " ".repeat(dash.len());
    write!(text, "configMapGenerator:\n{dash}name: settings\n{indent}literals:\n")
        .expect("a String takes all");
    for number in 0..literals {
        writeln!(text, "{indent}{dash}SETTING_{number}=value-{number}").expect("a String takes all");
    }
}
