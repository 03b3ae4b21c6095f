import pytest
from tests.contract.files_contract import FilesContract

from dreamreel.errors import InputError
from dreamreel.predictions.files import LocalFiles, open_files


class TestLocalFiles(FilesContract):
    @pytest.fixture
    def files(self, tmp_path):
        return LocalFiles(tmp_path / "files")


def test_a_url_names_a_folder_and_none_names_the_data_folder(tmp_path):
    assert open_files("", tmp_path).path("x") == tmp_path / "x"
    assert open_files(f"file://{tmp_path}/a%20b", tmp_path).path("x") == tmp_path / "a b" / "x"


@pytest.mark.parametrize("url", ["ftp://host/x", "films", "file://host/x", "s3://", "s3:///x"])
def test_a_url_of_another_kind_is_refused_with_what_would_do(tmp_path, url):
    with pytest.raises(InputError, match="files_url: must be s3://bucket/prefix"):
        open_files(url, tmp_path)
