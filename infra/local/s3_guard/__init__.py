"""What S3 refuses and moto does not: presigned requests that are tampered with, expired, or not signed at all."""
