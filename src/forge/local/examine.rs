//! Whether the repositories are there, and may be read and written.

use super::store::Store;
use super::{LocalForge, log};
use crate::forge::{Forge as _, ForgeError, LOG_BRANCH};
use crate::model::{
    BranchName, ConfigBranch, Health, HealthQuestion, LogProtection, Login, LoginProof, Probe,
    RepositoryHealth, RepositoryName, RepositoryState, Rules,
};

/// What the refs of all changes are below.
const CHANGES_FOLDER: &str = "refs/towpath";

impl LocalForge {
    /// Everything that can be asked: there are no rights here but those of the files.
    pub(super) async fn examine_all(&self, question: &HealthQuestion) -> Health {
        let mut repositories = Vec::new();
        for (name, branches) in question.repositories() {
            repositories.push(self.examine_repository(name, &branches).await);
        }
        let login = Login { name: self.bot().clone(), proof: LoginProof::Nothing, ends_at: None };
        Health {
            forge: self.name().clone(),
            login: Probe::Known(login),
            clock_ahead: Probe::Absent,
            allowances: Probe::Absent,
            hook: Probe::Absent,
            repositories,
        }
    }

    async fn examine_repository(&self, name: &RepositoryName, branches: &[&BranchName]) -> RepositoryHealth {
        let state = match self.with(name, |_| Ok(())).await {
            Err(error) => Probe::Unknown(error.to_string()),
            Ok(()) => {
                // Taking the turn writes, and nothing else does.
                let may_push = self.writing(name, |_| Ok(())).await.is_ok();
                Probe::Known(RepositoryState { may_push: Some(may_push), ..RepositoryState::default() })
            }
        };
        let mut rules = Vec::with_capacity(branches.len());
        for branch in branches {
            let branch = BranchName::clone(branch);
            let place =
                ConfigBranch { forge: self.name().clone(), repository: name.clone(), branch: branch.clone() };
            let found = match self.head(&place).await {
                Ok(_) => Probe::Known(Rules::default()),
                Err(ForgeError::NotFound { .. }) => Probe::Absent,
                Err(error) => Probe::Unknown(error.to_string()),
            };
            rules.push((branch, found));
        }
        let protection = self.with(name, |store| {
            let unproven = log::expect_key(store).err().map(|error| error.to_string());
            Ok(LogProtection { unproven, ..log_protection(store) })
        });
        let protection = protection.await;
        RepositoryHealth {
            repository: name.clone(),
            state,
            grants: Probe::Absent,
            hook: Probe::Absent,
            branches: rules,
            own_branches: Probe::Absent,
            log_branch: Probe::Absent,
            log_protection: protection.map_or_else(|error| Probe::Unknown(error.to_string()), Probe::Known),
        }
    }
}

/// Whether Git takes pushes to the branch of the log and to the changes. The bot's own writes, and those of `towpath changes`,
/// are no pushes. What hooks would refuse cannot be known.
fn log_protection(store: &Store) -> LogProtection {
    let name = format!("refs/heads/{LOG_BRANCH}");
    let folder = store.git.git_dir().display();
    let command = |name: &str| format!("git -C {folder} config --add receive.hideRefs {name}");
    LogProtection {
        is_restricted: is_hidden_from_pushes(store, &name),
        changes_command: (!is_hidden_from_pushes(store, CHANGES_FOLDER)).then(|| command(CHANGES_FOLDER)),
        command: Some(command(&name)),
        unproven: None,
    }
}

/// Whether Git refuses pushes to a ref, and to those below it, because the repository hides it, see `receive.hideRefs` in
/// git-config(1).
fn is_hidden_from_pushes(store: &Store, name: &str) -> bool {
    let config = store.git.config_snapshot();
    let keys = ["receive.hideRefs", "transfer.hideRefs"];
    let values = keys.iter().flat_map(|key| config.plumbing().strings(key).unwrap_or_default());
    let mut is_hidden = false;
    for value in values {
        let value = value.to_string();
        // The last one that fits counts, and `!` takes an earlier one back.
        let (hides, prefix) = value.strip_prefix('!').map_or((true, value.as_str()), |shown| (false, shown));
        let prefix = prefix.trim_start_matches('^').trim_end_matches('/');
        if name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            is_hidden = hides;
        }
    }
    is_hidden
}
