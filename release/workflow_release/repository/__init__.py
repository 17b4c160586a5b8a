"""What a git repository says: its history, changes, trees and blobs."""
