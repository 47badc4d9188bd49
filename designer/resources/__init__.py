"""What ships beside the code, and the words on screen: files by name, and `tr`."""

from designer.resources.files import path, template_files
from designer.resources.translations import LANGUAGES, load_language, signs, tr, tr_later

__all__ = ["LANGUAGES", "load_language", "path", "signs", "template_files", "tr", "tr_later"]
