--  The part of the library that the tour calls. Handles are addresses; a null
--  address is C's NULL.

with Interfaces; use Interfaces;
with Interfaces.C; use Interfaces.C;
with Interfaces.C.Strings; use Interfaces.C.Strings;
with System; use System;

package Genmod is
   subtype Handle is Address;
   subtype Status is Interfaces.Integer_32;

   F64  : constant Interfaces.Integer_32 := 2;
   Draw : constant Interfaces.Integer_32 := 1;

   Failure : exception;

   --  Raises Failure with the library's text unless Code is 0.
   procedure Need (Code : Status; W : Handle);

   type Progress is access function
     (Report, User : Address) return Status
   with Convention => C;

   function Version return Interfaces.Integer_32
   with Import, Convention => C, External_Name => "genmod_version";
   function Status_Name (Code : Status) return chars_ptr
   with Import, Convention => C, External_Name => "genmod_status_name";
   function Workspace_New (Context : Handle; W : out Handle) return Status
   with Import, Convention => C, External_Name => "genmod_workspace_new";
   function Workspace_Error (W : Handle) return chars_ptr
   with Import, Convention => C, External_Name => "genmod_workspace_error";
   procedure Workspace_Free (W : Handle)
   with Import, Convention => C, External_Name => "genmod_workspace_free";
   function Config_Set_Str
     (Config : Handle; Key, Value : char_array; W : Handle) return Status
   with Import, Convention => C, External_Name => "genmod_config_set_str";
   procedure Config_Free (Config : Handle)
   with Import, Convention => C, External_Name => "genmod_config_free";
   function Data_New (X : out Handle; W : Handle) return Status
   with Import, Convention => C, External_Name => "genmod_data_new";
   function Data_Set_Rows
     (X                      : Handle;
      Kind                   : Interfaces.Integer_32;
      N, D                   : size_t;
      Rows                   : Address;
      Row_Stride, Col_Stride : Interfaces.Integer_64;
      W                      : Handle) return Status
   with Import, Convention => C, External_Name => "genmod_data_set_rows";
   procedure Data_Free (X : Handle)
   with Import, Convention => C, External_Name => "genmod_data_free";
   function Report_Get
     (Report : Address; Key : char_array; Value : out double) return Status
   with Import, Convention => C, External_Name => "genmod_report_get";

   function Gmm_Config_New (Config : out Handle; W : Handle) return Status
   with Import, Convention => C, External_Name => "gmm_config_new";
   function Gmm_New
     (Config : Handle; M : out Handle; W : Handle) return Status
   with Import, Convention => C, External_Name => "gmm_new";
   function Gmm_Fit
     (M, X : Handle; Watch : Progress; User : Address; W : Handle)
      return Status
   with Import, Convention => C, External_Name => "gmm_fit";
   function Gmm_Save
     (M   : Handle; Capacity : size_t; File : Address; Need : out size_t;
      W   : Handle) return Status
   with Import, Convention => C, External_Name => "gmm_save";
   function Gmm_Load
     (M : Handle; N : size_t; File : Address; W : Handle) return Status
   with Import, Convention => C, External_Name => "gmm_load";
   function Gmm_Sample
     (M               : Handle;
      Seed, First     : Interfaces.Unsigned_64;
      N               : size_t;
      Kind            : Interfaces.Integer_32;
      Bytes           : size_t;
      Rows, Component : Address;
      W               : Handle) return Status
   with Import, Convention => C, External_Name => "gmm_sample";
   procedure Gmm_Free (M : Handle)
   with Import, Convention => C, External_Name => "gmm_free";

   function Vae_Config_New (Config : out Handle; W : Handle) return Status
   with Import, Convention => C, External_Name => "vae_config_new";
   function Vae_New
     (Config : Handle; M : out Handle; W : Handle) return Status
   with Import, Convention => C, External_Name => "vae_new";
   function Vae_Fit
     (M, X, Validation : Handle; Watch : Progress; User : Address; W : Handle)
      return Status
   with Import, Convention => C, External_Name => "vae_fit";
   function Vae_Report (M : Handle) return Address
   with Import, Convention => C, External_Name => "vae_report";
   function Vae_Save
     (M   : Handle; Capacity : size_t; File : Address; Need : out size_t;
      W   : Handle) return Status
   with Import, Convention => C, External_Name => "vae_save";
   function Vae_Load
     (M : Handle; N : size_t; File : Address; W : Handle) return Status
   with Import, Convention => C, External_Name => "vae_load";
   function Vae_Sample
     (M           : Handle;
      Seed, First : Interfaces.Unsigned_64;
      N           : size_t;
      What        : Interfaces.Integer_32;
      Labels      : Address;
      Kind        : Interfaces.Integer_32;
      Bytes       : size_t;
      Rows        : Address;
      W           : Handle) return Status
   with Import, Convention => C, External_Name => "vae_sample";
   procedure Vae_Free (M : Handle)
   with Import, Convention => C, External_Name => "vae_free";
end Genmod;
