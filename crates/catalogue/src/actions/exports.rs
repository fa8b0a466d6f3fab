//! Products as files, and the documents that files name.

use std::collections::BTreeMap;

use accounts::Seller;
use documents::{Document, Purpose};
use kernel::{
    Error, Localized, Page, Result,
    id::{AccountId, DocumentId, ProductId},
    page::PageOf,
};
use platform::Tx;

use crate::{
    Catalogue,
    rules::{Base, digest, documents_in, joined, key_for, write_one},
    store::{self, Product},
};

/// Where the documents are that files name.
pub(crate) enum Papers<'f> {
    /// By the path in the folder: the SHA-256 of the bytes.
    ByContent(&'f BTreeMap<String, String>),
    /// By the names of what was handed in.
    ByName,
}

/// A product as a file.
pub(crate) struct Exported {
    pub(crate) key: String,
    pub(crate) product: ProductId,
    pub(crate) content: String,
    /// The documents that it names, with their paths.
    pub(crate) documents: Vec<(String, Document)>,
}

/// A document that a file names.
pub(super) enum Paper {
    There(DocumentId),
    /// Its bytes are known and have to be handed in.
    Missing(String),
    Unknown(Localized),
}

impl Catalogue {
    /// The document that a file names.
    pub(super) async fn named_paper(
        &self,
        tx: &mut Tx,
        account: AccountId,
        (file, named): (&str, &str),
        purpose: Purpose,
        papers: &Papers<'_>,
    ) -> Result<Paper> {
        if let Ok(id) = named.parse::<DocumentId>() {
            return Ok(Paper::There(id));
        }
        match papers {
            Papers::ByName => {
                let name = named.rsplit('/').next().unwrap_or(named);
                let unknown = || {
                    let en = format!("names {name}, which was not handed in as {purpose}; upload it first");
                    Paper::Unknown(Localized::new(en, format!("引用的 {name} 尚未以 {purpose} 用途上传，须先上传")))
                };
                Ok(self.documents.find_by_name(tx, account, purpose, name).await?.map_or_else(unknown, Paper::There))
            }
            Papers::ByContent(known) => {
                let Some(at) = joined(file, named) else {
                    let hint = ("leads out of the folder of the files", "指向了文件夹之外");
                    return Ok(Paper::Unknown(hint.into()));
                };
                let Some(sha256) = known.get(&at) else {
                    let en = format!("names {at}, which is not there; write the path as seen from this file");
                    return Ok(Paper::Unknown(Localized::new(en, format!("引用的 {at} 不存在，路径须相对于本文件"))));
                };
                let found = self.documents.find_by_content(tx, account, purpose, sha256).await?;
                Ok(found.map_or(Paper::Missing(at), Paper::There))
            }
        }
    }

    /// A seller's products as files.
    pub(crate) async fn export_files(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Exported>> {
        let products = self.products(tx, seller, page).await?;
        let mut items = Vec::with_capacity(products.items.len());
        for product in products.items {
            items.push(self.exported(tx, product).await?);
        }
        Ok(Page { items, next_cursor: products.next_cursor })
    }

    async fn exported(&self, tx: &mut Tx, product: Product) -> Result<Exported> {
        let listing = serde_json::to_value(&product.draft.0).map_err(Error::fault)?;
        let base = Base { product: product.id, digest: digest(&listing) };
        let mut named = listing;
        let mut documents = Vec::new();
        for (_, _, text) in documents_in(&mut named) {
            let Ok(id) = text.parse::<DocumentId>() else { continue };
            match self.documents.find_for(tx, product.account_id, id).await {
                Ok(document) => {
                    *text = path_of(&document);
                    documents.push((text.clone(), document));
                }
                Err(Error::NotFound(_)) => {}
                Err(other) => return Err(other),
            }
        }
        let key = match store::key_of(tx, product.id).await? {
            Some(key) => key,
            None => key_for(&product.draft.0.name.en, product.id),
        };
        let content = write_one(&key, &base, &named);
        Ok(Exported { key, product: product.id, content, documents })
    }
}

/// Where a document lies beside the files: its name, and enough of its content to be told from others of that name.
fn path_of(document: &Document) -> String {
    let (stem, ending) = document.name.rsplit_once('.').unwrap_or((&document.name, "bin"));
    // A picture was drawn again and may be of another format than its name says.
    let ending = match document.media_type.as_str() {
        "image/webp" => "webp",
        "image/jpeg" => "jpg",
        _ => ending,
    };
    let short = document.sha256.get(..8).unwrap_or_default();
    format!("files/{}-{short}.{ending}", stem.replace(['/', '\\', ' '], "-"))
}
