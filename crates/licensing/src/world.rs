//! A small world for tests: a fresh SQLite database with the tables that licensing touches.

use std::{collections::BTreeMap, path::PathBuf};

use accounts::Accounts;
use instances::{AfterTerm, Instance, Instances, NewInstance, Term};
use kernel::{
    Localized, Timestamp,
    id::{AccountId, OrderId, OrderLineId, ProductId, SkuId},
};
use messages::Messages;
use platform::{App, Clock, Config, Db, Means, Vault, blobs::Blobs, http::limit::Limits, mail::Outbox};
use policy::{AccessType, Policies};

use crate::Licensing;

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "platform", include_str!("../../../migrations/0001_platform.sql")),
    (2, "policy", include_str!("../../../migrations/0002_policy.sql")),
    (3, "ledger", include_str!("../../../migrations/0003_ledger.sql")),
    (11, "instances", include_str!("../../../migrations/0011_instances.sql")),
    (12, "licensing", include_str!("../../../migrations/0012_licensing.sql")),
    (49, "trials", include_str!("../../../migrations/0049_instances_trials.sql")),
    (81, "changes", include_str!("../../../migrations/0081_instances_changes.sql")),
    (93, "acceptance", include_str!("../../../migrations/0093_instances_acceptance.sql")),
    (102, "grace", include_str!("../../../migrations/0102_instances_grace.sql")),
    (103, "licences' grace", include_str!("../../../migrations/0103_licensing_grace.sql")),
];

pub(crate) struct World {
    pub(crate) licensing: Licensing,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::sqlite(&folder.path().join("kontor.db"), 2).await.unwrap();
        db.migrate(MIGRATIONS).await.unwrap();
        let config = Config { data: PathBuf::from(folder.path()), ..Config::default() };
        let app = App::new(Means {
            db,
            clock: Clock::turned("2026-11-22T08:00:00Z".parse().unwrap()),
            vault: Vault::new([7; 32]),
            blobs: Blobs::folder(folder.path()).unwrap(),
            mail: Outbox::new(None, None, folder.path().join("mail"), config.environment).unwrap(),
            limits: Limits::new(config.limits),
            config,
        });
        let policies = Policies::new(app.clone());
        let accounts = Accounts::new(app.clone(), policies.clone());
        let messages = Messages::new(app.clone(), accounts.clone());
        let instances = Instances::new(app.clone(), policies.clone(), accounts.clone(), messages.clone());
        Self { licensing: Licensing::new(app, policies, accounts, messages, instances), _folder: folder }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.licensing.app.clock.now()
    }

    /// A delivered order line of somebody.
    pub(crate) async fn instance(&self, term: Term) -> Instance {
        let now = self.now();
        let new = NewInstance {
            account: AccountId::new(now),
            seller: AccountId::new(now),
            order: OrderId::new(now),
            line: OrderLineId::new(now),
            product: ProductId::new(now),
            sku: SkuId::new(now),
            sku_code: "PRO".to_owned(),
            title: Localized::new("Log search", "日志检索"),
            attributes: BTreeMap::from([("edition".to_owned(), "pro".to_owned())]),
            access_type: AccessType::License,
            quantities: BTreeMap::from([("users".to_owned(), 25)]),
            term,
            after: AfterTerm { grace_days: 0, frozen_days: 20 },
            accept_days: None,
            is_trial: false,
        };
        let instances = &self.licensing.instances;
        let mut tx = self.licensing.app.db.begin().await.unwrap();
        let id = instances.activate(&mut tx, new.clone()).await.unwrap();
        assert_eq!(instances.activate(&mut tx, new).await.unwrap(), id, "a line becomes one instance");
        let instance = instances.find(&mut tx, id).await.unwrap();
        assert_eq!(instance.after.frozen_days, 20, "as it was bought, whatever the policy says today");
        tx.commit().await.unwrap();
        instance
    }
}
