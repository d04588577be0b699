//! `demo`: the service runs, and a person plays.

use super::scene::Scene;
use crate::cli::Failure;
use crate::cli::output::Output;
use crate::cli::serve::{self, StopSignals};

pub(super) async fn play(scene: &Scene, signals: StopSignals, output: &mut Output) -> Result<(), Failure> {
    output.print(&introduction(scene));
    let listener = serve::bind(scene.settings.listen)?;
    serve::until_stopped(&scene.engines, &scene.settings, listener, signals).await?;
    output.line(&format!("\n{} is removed; nothing is left.", scene.folder.path().display()));
    Ok(())
}

/// What is here, and the few commands with which a person plays on.
fn introduction(scene: &Scene) -> String {
    let program =
        std::env::current_exe().map_or_else(|_| "towpath".to_owned(), |path| path.display().to_string());
    let towpath = format!("{program} --config {}", scene.configuration().display());
    let registry = scene.registry.address;
    format!(
        "A registry, a Git repository with the environments dev, staging and production, and Towpath itself are\n\
         running in {folder} until you press Ctrl-C.\n\
         \n\
         Publish a release, as CI would:\n\
         \n    curl -X POST http://{registry}/publish/1.10.0\n\
         \n\
         Look how far it is, and why not further:\n\
         \n    {towpath} status\n    {towpath} why shop production\n    {towpath} changes list\n\
         \n\
         Production waits for an approval by alice or bob (take the number from the list):\n\
         \n    {towpath} changes show 3\n    {towpath} changes comment 3 --as alice '/promote approve'\n\
         \n\
         Or look at it with Git:\n\
         \n    git -C {folder}/forge/acme/deploy.git log --graph main\n\
         \n\
         What happens:\n\n",
        folder = scene.folder.path().display(),
    )
}
