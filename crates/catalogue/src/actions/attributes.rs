//! A seller's library of attributes, and the site's own, for use in listings.

use accounts::{Permission, Seller};
use kernel::{Error, Localized, Result, Thing, id::SellerAttributeId};
use platform::{Tx, http::IfMatch};
use sqlx::types::Json;

use crate::{
    Catalogue,
    rules::{self, Attribute, AttributeValue, CatalogueRefused},
    store::{self, SellerAttribute},
};

/// How many attributes a library has at most.
const LIBRARY_MAX: usize = 200;

impl Catalogue {
    /// The attributes that belong to the site, as a listing writes them.
    pub(crate) async fn preset_attributes(&self) -> Result<Vec<Attribute>> {
        let policy = self.policies.current().await?;
        let value = |value: &policy::Category| AttributeValue { code: value.code.clone(), name: value.name.clone() };
        let presets = policy.catalogue.attributes.iter().map(|preset| {
            let (code, name) = (preset.code.clone(), preset.name.clone());
            match &preset.quantity {
                None => Attribute::Enum { code, name, values: preset.values.iter().map(value).collect() },
                Some(policy::PresetQuantity { unit, unit_one, min, max, step }) => {
                    let (unit, unit_one) = (unit.clone(), unit_one.clone());
                    Attribute::Quantity { code, name, unit, unit_one, min: *min, max: *max, step: *step }
                }
            }
        });
        Ok(presets.collect())
    }

    pub(crate) async fn attributes(&self, tx: &mut Tx, seller: &Seller) -> Result<Vec<SellerAttribute>> {
        seller.may(Permission::View)?;
        store::attributes_of(tx, seller.account()).await
    }

    pub(crate) async fn attribute(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: SellerAttributeId,
    ) -> Result<SellerAttribute> {
        seller.may(Permission::View)?;
        let found = store::find_attribute_for(tx, seller.account(), id).await?;
        found.ok_or(Error::NotFound(Thing::Attribute))
    }

    /// Puts an attribute into the library.
    pub(crate) async fn add_attribute(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        content: &Attribute,
    ) -> Result<SellerAttribute> {
        seller.may(Permission::List)?;
        let policy = self.policies.current().await?;
        rules::check_library(content, &policy)?;
        if store::attributes_of(tx, seller.account()).await?.len() >= LIBRARY_MAX {
            return Err(CatalogueRefused::LibraryFull(LIBRARY_MAX).into());
        }
        let now = self.app.clock.now();
        let attribute = SellerAttribute {
            id: SellerAttributeId::new(now),
            account_id: seller.account(),
            code: content.code().to_owned(),
            content: Json(content.clone()),
            version: 1,
            created_at: now,
            edited_at: now,
        };
        store::insert_attribute(tx, &attribute).await?;
        Ok(attribute)
    }

    /// Changes an attribute of the library; listings that have used it keep what they copied.
    pub(crate) async fn edit_attribute(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: SellerAttributeId,
        version: IfMatch,
        content: &Attribute,
    ) -> Result<SellerAttribute> {
        seller.may(Permission::List)?;
        let known = self.attribute(tx, seller, id).await?;
        version.check(known.version)?;
        let policy = self.policies.current().await?;
        rules::check_library(content, &policy)?;
        let now = self.app.clock.now();
        if !store::save_attribute(tx, id, version.0, content, now).await? {
            // Somebody else saved between our look and our write.
            IfMatch(version.0).check(version.0.saturating_add(1))?;
        }
        let (code, content) = (content.code().to_owned(), Json(content.clone()));
        Ok(SellerAttribute { code, content, version: version.0.saturating_add(1), edited_at: now, ..known })
    }

    /// Takes an attribute out of the library; listings that have used it keep what they copied.
    pub(crate) async fn drop_attribute(&self, tx: &mut Tx, seller: &Seller, id: SellerAttributeId) -> Result<()> {
        seller.may(Permission::List)?;
        let gone = store::delete_attribute(tx, seller.account(), id).await?;
        if gone == 1 { Ok(()) } else { Err(Error::NotFound(Thing::Attribute)) }
    }

    /// What can be put into a spec: the site's own attributes and those of the library, by the words that name them.
    pub(crate) async fn known_attributes(&self, tx: &mut Tx, seller: &Seller) -> Result<Vec<Attribute>> {
        let own = self.attributes(tx, seller).await?;
        let presets = self.preset_attributes().await?;
        Ok(presets.into_iter().chain(own.into_iter().map(|attribute| attribute.content.0)).collect())
    }
}

/// How an attribute is called in a list.
pub(crate) fn attribute_label(attribute: &Attribute) -> Localized {
    let name = attribute.name();
    match attribute {
        Attribute::Enum { values, .. } if values.is_empty() => name.clone(),
        Attribute::Enum { values, .. } => {
            let (en, zh): (Vec<&str>, Vec<&str>) =
                values.iter().take(4).map(|value| (value.name.en.as_str(), value.name.zh.as_str())).unzip();
            let more = if values.len() > 4 { "…" } else { "" };
            Localized::new(
                format!("{}: {}{more}", name.en, en.join(", ")),
                format!("{}：{}{more}", name.zh, zh.join("、")),
            )
        }
        Attribute::Quantity { min, max, .. } => {
            Localized::new(format!("{}: {min}–{max}", name.en), format!("{}：{min}–{max}", name.zh))
        }
    }
}
