//! The address where deliveries go, taken over by a sandbox of its seller.

use std::collections::BTreeSet;

use accounts::{Permission, Seller};
use kernel::{
    Result,
    id::{AccountId, ProductionAddressId, ProductionCallId, ProductionCaseId},
};
use platform::{Tx, vault};

use super::addresses::context;
use crate::{
    FieldCipher, Production,
    rules::{
        address::{Address, AddressState, KeyHint},
        case::{Case, CaseResult, Checked, takes},
        form::{CallForm, Keys},
    },
    store::{self, cases},
};

/// An address with its keys in clear. It is handed from one vault to another within this process, and is never shown or logged.
pub struct AddressCopy {
    url: String,
    form: CallForm,
    encryption: FieldCipher,
    keys: Keys,
    /// By which its seller wants to be told of authorisation codes.
    wishes: Vec<Case>,
}

impl AddressCopy {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What tells this copy from one of another address, form or key, or with other wishes.
    pub fn mark(&self) -> String {
        let Self { url, form, encryption, keys: Keys { key, next }, wishes } = self;
        // What is wanted now is not what is told there.
        let wishes: BTreeSet<&str> = wishes.iter().map(|case| case.scenario.as_str()).collect();
        let wishes = wishes.into_iter().collect::<Vec<_>>().join(" ");
        let next = next.as_deref().unwrap_or_default();
        vault::fingerprint(&format!("{url}\n{form}\n{encryption}\n{key}\n{next}\n{wishes}"))
    }
}

impl Production {
    /// The proven address where a seller's deliveries go. None: there is none yet.
    pub async fn copied_address(&self, tx: &mut Tx, seller: &Seller) -> Result<Option<AddressCopy>> {
        seller.may(Permission::Integrate)?;
        let Some(Address { id, url, form, encryption, .. }) = store::in_use(tx, seller.account()).await? else {
            return Ok(None);
        };
        let Some(keys) = self.keys(tx, id).await? else { return Ok(None) };
        let results = cases::results_of(tx, seller.account()).await?;
        let mut wishes = cases::of_seller(tx, seller.account()).await?;
        wishes.retain(|case| {
            let one = std::slice::from_ref(case);
            case.scenario.is_at_wish() && takes(one, &results, (case.scenario, form, id))
        });
        Ok(Some(AddressCopy { url, form, encryption, keys, wishes }))
    }

    /// Uses the address of another marketplace here, whose seller has proven it there. Its keys are sealed anew.
    pub async fn take_over(&self, tx: &mut Tx, seller: AccountId, copy: &AddressCopy) -> Result<()> {
        let now = self.app.clock.now();
        let AddressCopy { url, form, encryption, keys, wishes } = copy;
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
        store::save_in_use(tx, seller, address.id).await?;
        for wish in wishes {
            let case = Case { id: ProductionCaseId::new(now), seller, ..wish.clone() };
            cases::insert(tx, &case).await?;
            let result = CaseResult {
                case: case.id,
                address: address.id,
                seller,
                call: ProductionCallId::new(now),
                passed: true,
                trouble: None,
                checks: Checked::new(),
                ran_at: now,
                asked_again: false,
            };
            cases::save_result(tx, &result).await?;
        }
        Ok(())
    }
}
