//! Addresses: added, proven, used, removed; their keys.

use accounts::{Permission, Seller};
use kernel::{
    Event, Localized, Result, Timestamp,
    id::{AccountId, ProductionAddressId},
};
use messages::Topic;
use platform::{Tx, jobs, vault};
use serde_json::json;

use crate::{
    FieldCipher, Production, Trouble,
    rules::{
        address::{self, Address, AddressRefused, AddressState, KeyHint},
        form::{CallForm, Keys},
        request::fits_sent,
        v1, webhook,
    },
    store,
};

/// Sellers are told when so much of the overlap of two keys is left: a quarter of it.
const WARNED_PART: i64 = 4;

/// An instance that nobody has, for proofs.
const NOBODYS: &str = "kontor-address-check";

impl Production {
    pub(crate) async fn addresses(&self, tx: &mut Tx, seller: &Seller) -> Result<Vec<Address>> {
        seller.may(Permission::View)?;
        store::of_seller(tx, seller.account()).await
    }

    pub(crate) async fn add(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        (url, form, encryption): (&str, CallForm, FieldCipher),
    ) -> Result<Address> {
        seller.may(Permission::Integrate)?;
        let url = address::checked(form, url, |url| self.outgoing.opens(url.host_str().unwrap_or_default()))?;
        if store::of_seller(tx, seller.account()).await?.len() >= address::ADDRESSES_MAX {
            return Err(AddressRefused::TooMany.into());
        }
        let now = self.app.clock.now();
        let added = Address {
            id: ProductionAddressId::new(now),
            seller: seller.account(),
            url,
            form,
            encryption,
            state: AddressState::Added,
            in_use: false,
            key: None,
            next: None,
            next_until: None,
            added_at: now,
            verified_at: None,
            cases_asked_at: None,
            version: 1,
        };
        store::insert(tx, &added).await?;
        self.note(tx, seller, "production.added", &added).await?;
        Ok(added)
    }

    pub(crate) async fn remove(&self, tx: &mut Tx, seller: &Seller, id: ProductionAddressId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let address = store::find_for(tx, seller.account(), id).await?;
        if address.in_use {
            return Err(AddressRefused::InUse.into());
        }
        store::remove(tx, seller.account(), id).await?;
        self.note(tx, seller, "production.removed", &address).await
    }

    /// Makes a key and shows it this once. The first one of an address is used at once; a later one when it is changed to, or,
    /// where the form has room for two signatures, beside the first until the overlap of the rules is over.
    pub(crate) async fn make_key(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ProductionAddressId,
    ) -> Result<(Address, String)> {
        seller.may(Permission::Integrate)?;
        let address = store::find_for(tx, seller.account(), id).await?;
        let now = self.app.clock.now();
        // A third one would end the second one, which the program may know alone by now.
        if address.next_until.is_some_and(|until| until > now) {
            return Err(AddressRefused::Changing.into());
        }
        let key = fresh_key(address.form);
        let sealed = self.app.vault.seal(key.as_bytes(), &context(id))?;
        let hint = KeyHint { hint: format!("…{}", &key[key.len() - 4..]), made_at: now };
        if address.key.is_none() || address.state == AddressState::Added {
            store::save_key(tx, &address, sealed, &hint).await?;
        } else {
            let until = match address.form {
                CallForm::KooGalleryV2 | CallForm::KooGalleryV1 => None,
                CallForm::StandardWebhooks => Some(now.plus_seconds(self.overlap_seconds().await?)),
            };
            store::save_next_key(tx, &address, sealed, (&hint, until)).await?;
            if let Some(until) = until {
                let told = until.plus_seconds(-self.overlap_seconds().await? / WARNED_PART);
                jobs::schedule(tx, now, told, &Event::ProductionKeyEnding { address: id }).await?;
                jobs::schedule(tx, now, until, &Event::ProductionKeyDue { address: id }).await?;
            }
        }
        self.note(tx, seller, "production.key_made", &address).await?;
        Ok((address, key))
    }

    async fn overlap_seconds(&self) -> Result<i64> {
        let hours = self.accounts.policies.current().await?.delivery.calls.secret_overlap_hours;
        Ok(i64::from(hours) * 3_600)
    }

    /// The overlap of two keys may be over: the newer one signs alone from now on.
    pub async fn on_key_due(&self, tx: &mut Tx, id: ProductionAddressId) -> Result<()> {
        let now = self.app.clock.now();
        match store::find(tx, id).await? {
            // Another one may have been made meanwhile, whose time is not over.
            Some(address) if address.next_until.is_some_and(|until| until <= now) => {
                store::change_key(tx, &address).await?;
                let ended = address.key.as_ref().map(|key| key.hint.as_str());
                let detail = json!({ "url": address.url, "key": ended, "account": address.seller });
                self.accounts.audit_system(tx, "production.key_ended", &id.to_string(), &detail).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The older of two keys is about to end: its seller is told, unless it was changed or withdrawn meanwhile.
    pub async fn on_key_ending(&self, tx: &mut Tx, id: ProductionAddressId) -> Result<()> {
        let now = self.app.clock.now();
        let Some(address) = store::find(tx, id).await? else { return Ok(()) };
        // A later pair of keys has a warning of its own.
        let soon = now.plus_seconds(self.overlap_seconds().await? / WARNED_PART);
        let Some(until) = address.next_until.filter(|until| now < *until && *until <= soon) else { return Ok(()) };
        let policy = self.accounts.policies.current().await?;
        let (at, url) = (until.format("%Y-%m-%d %H:%M", &policy.zone()), &address.url);
        let title = Localized::new("A secret of your system ends soon", "贵方系统的旧密钥即将停用");
        let text = Localized::new(
            format!(
                "From {at} on, what is sent to {url} is signed with the newer secret alone. Give it to your program before; what it \
                 does not accept after that is tried again by the site's rules."
            ),
            format!(
                "自 {at} 起，发往 {url} 的请求只用新密钥签名。请在此之前将新密钥配置到贵方程序；此后未通过校验的请求按站点规则重试。"
            ),
        );
        self.messages.tell(tx, address.seller, Topic::Delivery, title, text).await
    }

    /// Takes a key back that is not used alone yet: it was lost, or somebody has seen it.
    pub(crate) async fn withdraw_key(&self, tx: &mut Tx, seller: &Seller, id: ProductionAddressId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let address = store::find_for(tx, seller.account(), id).await?;
        if address.next.is_none() {
            return Err(AddressRefused::NoNextKey.into());
        }
        store::withdraw_key(tx, &address).await?;
        self.note(tx, seller, "production.key_withdrawn", &address).await
    }

    /// Asks the address twice, before any transaction: signed with its key, and with one that nobody has.
    pub(crate) async fn prove(&self, seller: &Seller, id: ProductionAddressId) -> Result<Address> {
        seller.may(Permission::Integrate)?;
        let mut tx = self.app.db.read();
        let address = store::find_for(&mut tx, seller.account(), id).await?;
        let keys = self.keys(&mut tx, id).await?.ok_or(AddressRefused::NoKey)?;
        self.probe(&address, keys).await?;
        Ok(address)
    }

    /// The same with the key that waits to be used.
    pub(crate) async fn prove_next(&self, seller: &Seller, id: ProductionAddressId) -> Result<Address> {
        seller.may(Permission::Integrate)?;
        let mut tx = self.app.db.read();
        let address = store::find_for(&mut tx, seller.account(), id).await?;
        let keys = self.keys(&mut tx, id).await?;
        let key = keys.and_then(|keys| keys.next).ok_or(AddressRefused::NoNextKey)?;
        self.probe(&address, Keys { key, next: None }).await?;
        Ok(address)
    }

    async fn probe(&self, address: &Address, keys: Keys) -> Result<()> {
        let _trying = self.gates.try_out(address.seller).ok_or(AddressRefused::AtOnce)?;
        let request = address.form.probe(NOBODYS);
        let right = self.send(address, &keys, &request).await;
        self.log(&right, None).await?;
        let wrong = self.send_forged(address, &keys, &request).await;
        self.log(&wrong, None).await?;
        let (right, wrong): (std::result::Result<(), Trouble>, _) =
            (right.read.result.map(drop), wrong.read.result.map(drop));
        Ok(address::proof(right, &wrong)?)
    }

    /// Notes that an address was proven; the first one is used at once.
    pub(crate) async fn verified(&self, tx: &mut Tx, seller: &Seller, proven: &Address) -> Result<()> {
        store::save_verified(tx, proven, self.app.clock.now()).await?;
        if store::in_use(tx, seller.account()).await?.is_none() {
            store::save_in_use(tx, seller.account(), proven.id).await?;
        }
        self.note(tx, seller, "production.verified", proven).await
    }

    /// From now on requests are signed with the key that waited.
    pub(crate) async fn change_key(&self, tx: &mut Tx, seller: &Seller, proven: &Address) -> Result<()> {
        store::change_key(tx, proven).await?;
        self.note(tx, seller, "production.key_changed", proven).await
    }

    /// Deliveries go to this address from now on.
    pub(crate) async fn use_it(&self, tx: &mut Tx, seller: &Seller, id: ProductionAddressId) -> Result<()> {
        seller.may(Permission::Integrate)?;
        let address = store::find_for(tx, seller.account(), id).await?;
        if address.state != AddressState::Verified {
            return Err(AddressRefused::NotVerified.into());
        }
        if let Some(before) = store::in_use(tx, seller.account()).await? {
            self.tell_of_lost_wishes(tx, &before, &address).await?;
        }
        store::save_in_use(tx, seller.account(), id).await?;
        self.note(tx, seller, "production.used", &address).await
    }

    pub(crate) async fn keys(&self, tx: &mut Tx, id: ProductionAddressId) -> Result<Option<Keys>> {
        let kept = store::keys(tx, id).await?;
        let (key, next) = (self.unsealed(id, kept.key_sealed)?, self.unsealed(id, kept.next_sealed)?);
        let is_over = kept.next_until.is_some_and(|until| until <= self.app.clock.now());
        Ok(match (key, next) {
            // The job that tidies up may come later.
            (Some(_), Some(next)) if is_over => Some(Keys { key: next, next: None }),
            (Some(key), next) => Some(Keys { key, next }),
            (None, _) => None,
        })
    }

    /// Whether what a seller's program sent is signed with the key of one of its addresses.
    pub async fn is_signed(
        &self,
        tx: &mut Tx,
        seller: AccountId,
        (body, stamp): (&[u8], (&str, &str)),
        signature: &str,
    ) -> Result<bool> {
        for address in store::of_seller(tx, seller).await? {
            let kept = store::keys(tx, address.id).await?;
            for sealed in [kept.key_sealed, kept.next_sealed] {
                let key = self.unsealed(address.id, sealed)?;
                if key.is_some_and(|key| fits_sent(&key, body, stamp, signature)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn unsealed(&self, id: ProductionAddressId, sealed: Option<Vec<u8>>) -> Result<Option<String>> {
        let Some(sealed) = sealed else { return Ok(None) };
        let key = self.app.vault.unseal(&sealed, &context(id))?;
        String::from_utf8(key).map(Some).map_err(kernel::Error::fault)
    }

    async fn note(&self, tx: &mut Tx, seller: &Seller, action: &str, address: &Address) -> Result<()> {
        let detail = json!({ "url": address.url });
        self.accounts.audit(tx, seller, action, &address.id.to_string(), &detail).await
    }

    /// Clears the log of what is long past.
    pub async fn forget(&self, tx: &mut Tx, before: Timestamp) -> Result<u64> {
        store::probes::forget(tx, before).await?;
        store::forget(tx, before).await
    }
}

/// A key that nobody has yet.
pub(super) fn fresh_key(form: CallForm) -> String {
    match form {
        CallForm::KooGalleryV2 => vault::random_token("kpk"),
        CallForm::KooGalleryV1 => v1::access_key(rand::random()),
        CallForm::StandardWebhooks => webhook::secret(&rand::random()),
    }
}

pub(super) fn context(id: ProductionAddressId) -> String {
    format!("production/{id}")
}
