use super::{Level, refused_overlays};
use crate::model::{Obstacle, Target};

#[test]
fn an_overlay_that_lacks_quotes_alone_is_a_warning() {
    let target = |environment: &str| Target {
        service: "shop".parse().unwrap(),
        environment: environment.parse().unwrap(),
    };
    let refused =
        |target: &Target| (target.clone(), Err(Obstacle("line 3: a number; put it in quotes".to_owned())));
    let (dev, production) = (target("dev"), target("production"));
    let found = [&dev, &production].map(refused).into();
    let diagnoses = refused_overlays(&found, &[dev].into(), &[]);
    let levels: Vec<Level> = diagnoses.iter().map(|diagnosis| diagnosis.level).collect();
    assert_eq!(levels, [Level::Warning, Level::Wrong]);
}
