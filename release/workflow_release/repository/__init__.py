"""What a git repository says: history, changes, trees and blobs; nothing is decided elsewhere."""
