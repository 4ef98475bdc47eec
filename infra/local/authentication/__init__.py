"""Who makes a request to AWS, by its signature. One whose signature is missing or wrong is refused as AWS does it."""
