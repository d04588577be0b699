//! Whether the repositories are there, and may be read and written.

use super::LocalForge;
use crate::forge::{Forge as _, ForgeError};
use crate::model::{
    BranchName, Health, HealthQuestion, Login, LoginProof, Place, RepositoryHealth, RepositoryName,
    RepositoryState, Rules, Told,
};

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
            login: Told::Known(login),
            clock_ahead: Told::Absent,
            allowances: Told::Absent,
            hook: Told::Absent,
            repositories,
        }
    }

    async fn examine_repository(&self, name: &RepositoryName, branches: &[&BranchName]) -> RepositoryHealth {
        let state = match self.with(name, |_| Ok(())).await {
            Err(error) => Told::Unknown(error.to_string()),
            Ok(()) => {
                // Taking the turn writes, and nothing else does.
                let may_push = self.writing(name, |_| Ok(())).await.is_ok();
                Told::Known(RepositoryState { may_push: Some(may_push), ..RepositoryState::default() })
            }
        };
        let mut rules = Vec::with_capacity(branches.len());
        for branch in branches {
            let branch = BranchName::clone(branch);
            let place =
                Place { forge: self.name().clone(), repository: name.clone(), branch: branch.clone() };
            let found = match self.head(&place).await {
                Ok(_) => Told::Known(Rules::default()),
                Err(ForgeError::NotFound { .. }) => Told::Absent,
                Err(error) => Told::Unknown(error.to_string()),
            };
            rules.push((branch, found));
        }
        RepositoryHealth {
            repository: name.clone(),
            state,
            grants: Told::Absent,
            hook: Told::Absent,
            branches: rules,
            own_branches: Told::Absent,
            log_branch: Told::Absent,
        }
    }
}
