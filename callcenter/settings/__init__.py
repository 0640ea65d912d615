"""What can be configured, with units and defaults; docs/configuration.md tells every key."""

from callcenter.settings.house import Hotel as Hotel
from callcenter.settings.house import Line as Line
from callcenter.settings.house import LineMode as LineMode
from callcenter.settings.house import Queue as Queue
from callcenter.settings.house import Skill as Skill
from callcenter.settings.loading import load as load
from callcenter.settings.loading import main as main
from callcenter.settings.loading import settings_file as settings_file
from callcenter.settings.mistakes import SettingsError as SettingsError
from callcenter.settings.sections import Extension as Extension
from callcenter.settings.sections import Words as Words
from callcenter.settings.servers import Http as Http
from callcenter.settings.servers import Pbx as Pbx
from callcenter.settings.servers import Tls as Tls
from callcenter.settings.whole import ROOT as ROOT
from callcenter.settings.whole import Settings as Settings
