"""The expression languages of DynamoDB: text to tree, tree to closures, both kept by text."""
