//! Uploading, finding and reading documents.

use accounts::{Buyer, Forbidden, Member, Operator, Permission, StaffPermission};
use kernel::{
    Error, Page, Result, Thing, Timestamp,
    id::{AccountId, DocumentId},
    page::PageOf,
};
use platform::{Tx, vault::sha256_hex};
use tokio::sync::Semaphore;

use crate::{
    Document, Documents,
    pictures::{self, Drawn},
    prints::Print,
    rules::{self, Purpose, Upload},
    store::{self, Incoming},
};

/// Whoever may do one of these has something to hand in.
const UPLOADERS: [Permission; 5] =
    [Permission::RunShop, Permission::List, Permission::Own, Permission::Pay, Permission::Buy];

/// A picture is large while it is drawn again; more of them at once would only wait for each other.
static DRAWING: Semaphore = Semaphore::const_new(2);

impl Documents {
    /// Checks a file and stores its bytes, outside of any transaction. The document exists once its row is [kept](Self::keep);
    /// bytes without a row are found by nobody and cleared away later.
    pub async fn receive(&self, buyer: &Buyer, upload: &Upload<'_>) -> Result<Document> {
        if !UPLOADERS.iter().any(|permission| buyer.may(*permission).is_ok()) {
            buyer.may(Permission::RunShop)?;
        }
        let policy = self.accounts.policies.current().await?;
        let file = rules::check(upload, &policy)?;
        let (purpose, bytes, told) = (upload.purpose, file.bytes, file.media_type);
        let source_sha256 = sha256_hex(&bytes);
        // The seat is kept by the work itself: a request that was given up does not end what it has begun.
        let seat = DRAWING.acquire().await.map_err(Error::fault)?;
        let drawn = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            pictures::redraw(purpose, bytes, told)
        });
        let drawn = drawn.await;
        let Drawn { media_type, bytes, print } = drawn.map_err(Error::fault)??;
        let now = self.app.clock.now();
        let document = Document {
            id: DocumentId::new(now),
            account_id: buyer.account(),
            uploaded_by: buyer.user(),
            name: file.name,
            purpose: upload.purpose,
            media_type,
            size: i64::try_from(bytes.len()).map_err(Error::fault)?,
            sha256: sha256_hex(&bytes),
            uploaded_at: now,
            incoming: Incoming { source_sha256, print },
        };
        let mut tx = self.app.db.begin().await?;
        self.check_room(&mut tx, &document).await?;
        store::begin_upload(&mut tx, document.id, now).await?;
        tx.commit().await?;
        self.app.blobs.put(&blob(document.id), bytes).await?;
        Ok(document)
    }

    /// Writes the row of a document whose bytes are stored.
    pub async fn keep(&self, tx: &mut Tx, document: &Document) -> Result<()> {
        self.check_room(tx, document).await?;
        store::end_upload(tx, document.id).await?;
        store::insert(tx, document).await
    }

    /// Uploads that end in the same moment do not see each other, so that an account may hold a file more than it should.
    async fn check_room(&self, tx: &mut Tx, document: &Document) -> Result<()> {
        let most = self.accounts.policies.current().await?.documents.account_megabytes_max;
        let held = store::held(tx, document.account_id).await?;
        Ok(rules::check_room(held, document.size, most)?)
    }

    /// Clears the bytes of uploads away that began before a moment and were never kept.
    pub async fn clear_uploads(&self, before: Timestamp) -> Result<()> {
        for id in store::uploads_before(&mut self.app.db.read(), before).await? {
            self.app.blobs.delete(&blob(id)).await?;
            let mut tx = self.app.db.begin().await?;
            store::forget_upload(&mut tx, id).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// An account's own document.
    pub async fn find_for(&self, tx: &mut Tx, account: AccountId, id: DocumentId) -> Result<Document> {
        store::find_for(tx, account, id).await?.ok_or(Error::NotFound(Thing::Document))
    }

    /// An account's own document that was made of some bytes, named by their SHA-256 in hexadecimal.
    pub async fn find_by_content(
        &self,
        tx: &mut Tx,
        account: AccountId,
        purpose: Purpose,
        sha256: &str,
    ) -> Result<Option<DocumentId>> {
        store::find_by_content(tx, account, purpose, sha256).await
    }

    /// An account's own document with a name; the latest, if there are several.
    pub async fn find_by_name(
        &self,
        tx: &mut Tx,
        account: AccountId,
        purpose: Purpose,
        name: &str,
    ) -> Result<Option<DocumentId>> {
        store::find_by_name(tx, account, purpose, name).await
    }

    /// What a product's picture looks like.
    pub async fn print(&self, tx: &mut Tx, account: AccountId, id: DocumentId) -> Result<Option<Print>> {
        store::find_print(tx, account, id).await
    }

    /// The other accounts that have handed in the same picture, whatever its size and format. Prints that differ in more
    /// than three bits are not found.
    pub async fn others_with(
        &self,
        tx: &mut Tx,
        account: AccountId,
        print: Print,
        bits: u32,
    ) -> Result<Vec<AccountId>> {
        let near = store::prints_near(tx, account, print.bits).await?;
        let same = near.into_iter().filter(|(_, other)| (other.bits ^ print.bits).count_ones() <= bits);
        let mut accounts: Vec<AccountId> = same.map(|(account, _)| account).collect();
        accounts.sort();
        accounts.dedup();
        Ok(accounts)
    }

    /// A document that a member may see: one of its own account, or what the operator's staff needs for its work.
    pub async fn view(&self, tx: &mut Tx, member: &Member, id: DocumentId) -> Result<Document> {
        if let Ok(operator) = Operator::try_from(member.clone()) {
            operator.may_staff(StaffPermission::View)?;
            let document = store::find_for_operator(tx, id).await?.ok_or(Error::NotFound(Thing::Document))?;
            staff_may_see(&operator, document.purpose)?;
            return Ok(document);
        }
        member.may(Permission::View)?;
        let document = self.find_for(tx, member.account(), id).await?;
        if document.purpose == Purpose::Identity {
            member.may(Permission::Own)?;
        }
        Ok(document)
    }

    /// A document that a member may see, with its bytes. What the operator's staff reads is written down.
    pub async fn read(&self, member: &Member, id: DocumentId) -> Result<(Document, Vec<u8>)> {
        let document = self.view(&mut self.app.db.read(), member, id).await?;
        if Operator::try_from(member.clone()).is_ok() {
            let mut tx = self.app.db.begin().await?;
            let detail = serde_json::json!({ "account": document.account_id, "purpose": document.purpose });
            self.accounts.audit(&mut tx, member, "document.read", &id.to_string(), &detail).await?;
            tx.commit().await?;
        }
        let bytes = self.content(&document).await?;
        Ok((document, bytes))
    }

    pub async fn list(&self, tx: &mut Tx, buyer: &Buyer, page: PageOf) -> Result<Page<Document>> {
        buyer.may(Permission::View)?;
        store::list(tx, buyer.account(), page).await
    }

    /// The bytes of a document that somebody has found.
    pub async fn content(&self, document: &Document) -> Result<Vec<u8>> {
        let missing = || Error::fault(format!("the bytes of {} are gone from the blob store", document.id));
        self.app.blobs.get(&blob(document.id)).await?.ok_or_else(missing)
    }
}

/// Papers about people and companies are for those who decide on them.
fn staff_may_see(operator: &Operator, purpose: Purpose) -> Result<(), Forbidden> {
    match purpose {
        Purpose::Identity | Purpose::BusinessLicence | Purpose::SalesPermit => {
            operator.may_staff(StaffPermission::Review)
        }
        Purpose::PaymentProof => {
            operator.may_staff(StaffPermission::HandleMoney).or_else(|_| operator.may_staff(StaffPermission::Review))
        }
        Purpose::ServiceAgreement
        | Purpose::ProductLogo
        | Purpose::ProductScreenshot
        | Purpose::UserGuide
        | Purpose::SoftwareCopyright
        | Purpose::Certificate
        | Purpose::ProductQualification
        | Purpose::ServiceTemplate
        | Purpose::Other => operator.may_staff(StaffPermission::View),
    }
}

fn blob(id: DocumentId) -> String {
    format!("documents/{id}")
}
