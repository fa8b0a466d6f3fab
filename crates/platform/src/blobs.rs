//! Files: a local folder by default, any S3-compatible store by configuration.

use std::{path::Path, sync::Arc};

use kernel::{Error, Result};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem};

use crate::config::S3;

#[derive(Clone)]
pub struct Blobs(Arc<dyn ObjectStore>);

impl Blobs {
    pub fn folder(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(Error::fault)?;
        Ok(Self(Arc::new(LocalFileSystem::new_with_prefix(path).map_err(Error::fault)?)))
    }

    pub fn s3(config: &S3) -> Result<Self> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key_id)
            .with_secret_access_key(&config.secret_access_key);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        Ok(Self(Arc::new(builder.build().map_err(Error::fault)?)))
    }

    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        self.0.put(&name.into(), PutPayload::from(bytes)).await.map_err(Error::fault)?;
        Ok(())
    }

    /// Nothing there is fine.
    pub async fn delete(&self, name: &str) -> Result<()> {
        match self.0.delete(&name.into()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::fault(error)),
        }
    }

    /// Nothing there is `None`.
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.0.get(&name.into()).await {
            Ok(found) => Ok(Some(found.bytes().await.map_err(Error::fault)?.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::fault(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_reads_back_and_a_missing_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        blobs.put("documents/a", b"text".to_vec()).await.unwrap();
        assert_eq!(blobs.get("documents/a").await.unwrap().unwrap(), b"text");
        assert!(blobs.get("documents/b").await.unwrap().is_none());
        for _ in 0..2 {
            blobs.delete("documents/a").await.unwrap();
        }
        assert!(blobs.get("documents/a").await.unwrap().is_none());
    }
}
