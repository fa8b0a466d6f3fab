//! Issuing, freezing and revoking codes as their instances come and go.

use instances::Instance;
use kernel::{
    Error, Result, Timestamp,
    id::{InstanceId, LicenceId},
};
use platform::{Tx, vault};

use crate::{
    Licensing,
    rules::{self, Licence, LicenceEventKind, LicenceKind, State},
    store::licences,
};

impl Licensing {
    /// Gives an instance its authorisation code. An instance that has one keeps it.
    pub async fn issue(&self, tx: &mut Tx, instance: &Instance) -> Result<LicenceId> {
        if let Some(earlier) = licences::of_instance(tx, instance.id).await? {
            return Ok(earlier.id);
        }
        let now = self.app.clock.now();
        let (licence, sealed) = self.fresh(now, |id, fingerprint| Licence {
            id,
            kind: LicenceKind::Sold,
            account: instance.account,
            seller: instance.seller,
            instance: Some(instance.id),
            order: Some(instance.order),
            product: Some(instance.product),
            sku_code: instance.sku_code.clone(),
            attributes: instance.attributes.clone(),
            quantities: instance.quantities.clone(),
            fingerprint,
            issued_at: now,
            ordered_at: rules::placed_at(instance.order),
            expires_at: instance.expires_at,
            usable_until: instance.usable_until(),
            state: State::Created,
            version: 1,
        })?;
        if !licences::insert(tx, &licence, sealed).await? {
            let earlier = licences::of_instance(tx, instance.id).await?.ok_or(Error::Busy)?;
            return Ok(earlier.id);
        }
        licences::add_event(tx, &licence, LicenceEventKind::Issued, now, None).await?;
        Ok(licence.id)
    }

    /// A new code: the licence that is found by its hash, and the code sealed.
    pub(crate) fn fresh(
        &self,
        now: Timestamp,
        make: impl FnOnce(LicenceId, String) -> Licence,
    ) -> Result<(Licence, Vec<u8>)> {
        let id = LicenceId::new(now);
        let code = rules::code(rand::random());
        let sealed = self.app.vault.seal(code.as_bytes(), &context(id))?;
        Ok((make(id, vault::fingerprint(&code)), sealed))
    }

    /// The code of an instance, for what its seller's system is told of it.
    pub async fn code_of(&self, tx: &mut Tx, instance: InstanceId) -> Result<Option<String>> {
        match licences::of_instance(tx, instance).await? {
            Some(licence) => self.code(tx, licence.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Opens the code of a licence.
    pub(crate) async fn code(&self, tx: &mut Tx, id: LicenceId) -> Result<String> {
        let sealed = licences::sealed_code(tx, id).await?;
        let code = self.app.vault.unseal(&sealed, &context(id))?;
        String::from_utf8(code).map_err(Error::fault)
    }

    /// The licence of an instance holds for another edition, other numbers and another end from now on. A licence file that was
    /// made before says what held then.
    pub async fn amend(&self, tx: &mut Tx, instance: &Instance) -> Result<()> {
        let Some(licence) = licences::of_instance(tx, instance.id).await? else { return Ok(()) };
        let now = self.app.clock.now();
        let amended = Licence {
            sku_code: instance.sku_code.clone(),
            attributes: instance.attributes.clone(),
            quantities: instance.quantities.clone(),
            expires_at: instance.expires_at,
            usable_until: instance.usable_until(),
            ..licence
        };
        licences::save_terms(tx, &amended).await?;
        licences::add_event(tx, &amended, LicenceEventKind::Amended, now, None).await?;
        self.recent.invalidate(&amended.fingerprint);
        Ok(())
    }

    /// The term and its grace are over: the software stops until the instance is renewed.
    pub async fn freeze(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        let now = self.app.clock.now();
        let found = licences::of_instance(tx, instance).await?;
        let Some(frozen) = found.and_then(|licence| licence.freeze(now)) else {
            return Ok(());
        };
        self.save(tx, &frozen, LicenceEventKind::Expired, now).await
    }

    /// The end of an instance has moved: so has that of its code, which works again if it was frozen.
    pub async fn on_renewed(&self, tx: &mut Tx, instance: &Instance) -> Result<()> {
        self.follow_end(tx, instance, LicenceEventKind::Renewed).await
    }

    /// The end of an instance has moved back. What is over by then is frozen with it.
    pub async fn on_renewal_returned(&self, tx: &mut Tx, instance: &Instance) -> Result<()> {
        self.follow_end(tx, instance, LicenceEventKind::RenewalReturned).await
    }

    async fn follow_end(&self, tx: &mut Tx, instance: &Instance, kind: LicenceEventKind) -> Result<()> {
        let now = self.app.clock.now();
        let found = licences::of_instance(tx, instance.id).await?;
        match found.and_then(|licence| licence.until((instance.expires_at, instance.usable_until()), now)) {
            Some(moved) => {
                licences::save_end(tx, &moved).await?;
                licences::add_event(tx, &moved, kind, now, None).await?;
                self.recent.invalidate(&moved.fingerprint);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The entitlement is gone: the code never works again.
    pub async fn revoke(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        let now = self.app.clock.now();
        let found = licences::of_instance(tx, instance).await?;
        let Some(released) = found.and_then(|licence| licence.release(now)) else {
            return Ok(());
        };
        self.save(tx, &released, LicenceEventKind::Released, now).await
    }

    /// Follows an instance that expired, unless it was renewed before this was told.
    pub async fn on_instance_expired(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        match self.instances.find(tx, id).await?.state {
            instances::State::Expired { .. } => self.freeze(tx, id).await,
            instances::State::Pending { .. }
            | instances::State::Active
            | instances::State::Grace { .. }
            | instances::State::Released { .. } => Ok(()),
        }
    }

    /// Follows an instance that was released.
    pub async fn on_instance_released(&self, tx: &mut Tx, id: InstanceId) -> Result<()> {
        match self.instances.find(tx, id).await?.state {
            instances::State::Released { .. } => self.revoke(tx, id).await,
            instances::State::Pending { .. }
            | instances::State::Active
            | instances::State::Grace { .. }
            | instances::State::Expired { .. } => Ok(()),
        }
    }

    pub(crate) async fn save(
        &self,
        tx: &mut Tx,
        licence: &Licence,
        kind: LicenceEventKind,
        now: Timestamp,
    ) -> Result<()> {
        licences::save_state(tx, licence).await?;
        licences::add_event(tx, licence, kind, now, None).await?;
        self.recent.invalidate(&licence.fingerprint);
        Ok(())
    }
}

/// What a sealed code is sealed to.
pub(super) fn context(id: LicenceId) -> String {
    format!("licence/{id}")
}

#[cfg(test)]
mod tests {
    use instances::{EndCause, Term};
    use kernel::time::DAY;

    use super::*;
    use crate::{rules::LicenceState, world::World};

    #[tokio::test]
    async fn an_instance_has_one_code_that_ends_with_it() {
        let world = World::new().await;
        let (licensing, instance) = (&world.licensing, world.instance(Term::Months(1)).await);
        let mut tx = licensing.app.db.begin().await.unwrap();
        let id = licensing.issue(&mut tx, &instance).await.unwrap();
        assert_eq!(licensing.issue(&mut tx, &instance).await.unwrap(), id);
        let code = licensing.code(&mut tx, id).await.unwrap();
        let found = licences::by_code(&mut tx, &vault::fingerprint(&code)).await.unwrap().unwrap();
        assert_eq!((found.id, found.state.name(), found.expires_at), (id, LicenceState::Created, instance.expires_at));
        assert_eq!(found.attributes, instance.attributes);

        licensing.on_instance_expired(&mut tx, instance.id).await.unwrap();
        let state = async |tx: &mut Tx| licences::of_instance(tx, instance.id).await.unwrap().unwrap().state.name();
        assert_eq!(state(&mut tx).await, LicenceState::Created, "the instance is active, so nothing follows");
        licensing.freeze(&mut tx, instance.id).await.unwrap();
        licensing.freeze(&mut tx, instance.id).await.unwrap();
        assert_eq!(state(&mut tx).await, LicenceState::Expired);
        for _ in 0..2 {
            let read = licensing.instances.find(&mut tx, instance.id).await.unwrap();
            licensing.instances.end(&mut tx, read, EndCause::Refund).await.unwrap();
        }
        licensing.on_instance_released(&mut tx, instance.id).await.unwrap();
        licensing.on_instance_released(&mut tx, instance.id).await.unwrap();
        assert_eq!(state(&mut tx).await, LicenceState::Released);
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_change_that_was_overtaken_is_tried_again() {
        let world = World::new().await;
        let (licensing, instance) = (&world.licensing, world.instance(Term::Unlimited).await);
        let mut tx = licensing.app.db.begin().await.unwrap();
        licensing.issue(&mut tx, &instance).await.unwrap();
        let stale = licences::of_instance(&mut tx, instance.id).await.unwrap().unwrap();
        let now = world.now();
        let activated = stale.clone().activate(now, None).unwrap();
        licences::save_state(&mut tx, &activated).await.unwrap();
        let overtaken = stale.release(now.plus_micros(DAY)).unwrap();
        assert!(matches!(licences::save_state(&mut tx, &overtaken).await, Err(Error::Busy)));
        licensing.revoke(&mut tx, instance.id).await.unwrap();
        let released = licences::of_instance(&mut tx, instance.id).await.unwrap().unwrap();
        assert_eq!(released.state.activation(), activated.state.activation());
    }
}
