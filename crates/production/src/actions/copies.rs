//! The address where deliveries go, taken over by a sandbox of its seller.

use accounts::{Permission, Seller};
use kernel::{
    Result,
    id::{AccountId, ProductionAddressId},
};
use platform::{Tx, vault};

use super::addresses::context;
use crate::{
    FieldCipher, Production,
    rules::{
        address::{Address, AddressState, KeyHint},
        form::{CallForm, Keys},
    },
    store,
};

/// An address with its keys in clear. It is handed from one vault to another within this process, and is never shown or logged.
pub struct AddressCopy {
    url: String,
    form: CallForm,
    encryption: FieldCipher,
    keys: Keys,
}

impl AddressCopy {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What tells this copy from one of another address, form or key.
    pub fn mark(&self) -> String {
        let Self { url, form, encryption, keys: Keys { key, next } } = self;
        let next = next.as_deref().unwrap_or_default();
        vault::fingerprint(&format!("{url}\n{form}\n{encryption}\n{key}\n{next}"))
    }
}

impl Production {
    /// The proven address where a seller's deliveries go. None: there is none yet.
    pub async fn copied_address(&self, tx: &mut Tx, seller: &Seller) -> Result<Option<AddressCopy>> {
        seller.may(Permission::Integrate)?;
        let Some(Address { id, url, form, encryption, .. }) = store::in_use(tx, seller.account()).await? else {
            return Ok(None);
        };
        Ok(self.keys(tx, id).await?.map(|keys| AddressCopy { url, form, encryption, keys }))
    }

    /// Uses the address of another marketplace here, whose seller has proven it there. Its keys are sealed anew.
    pub async fn take_over(&self, tx: &mut Tx, seller: AccountId, copy: &AddressCopy) -> Result<()> {
        let now = self.app.clock.now();
        let AddressCopy { url, form, encryption, keys } = copy;
        let mut address = Address {
            id: ProductionAddressId::new(now),
            seller,
            url: url.clone(),
            form: *form,
            encryption: *encryption,
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
        store::insert(tx, &address).await?;
        let hint = |key: &str| KeyHint { hint: format!("…{}", &key[key.len().saturating_sub(4)..]), made_at: now };
        let seal = |key: &str| self.app.vault.seal(key.as_bytes(), &context(address.id));
        store::save_key(tx, &address, seal(&keys.key)?, &hint(&keys.key)).await?;
        let next = keys.next.as_deref().map(|next| seal(next).map(|sealed| (sealed, hint(next)))).transpose()?;
        address.version += 1;
        store::save_verified(tx, &address, now).await?;
        address.version += 1;
        if let Some((sealed, hint)) = next {
            store::save_next_key(tx, &address, sealed, (&hint, None)).await?;
        }
        store::save_in_use(tx, seller, address.id).await
    }
}
